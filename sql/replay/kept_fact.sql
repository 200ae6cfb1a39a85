-- grain: one row per claim of the run's batch: what it was decided on, and the codes that held it, are kept for a change to be tried on
drop table if exists fact_{{ run }};
alter table fact rename to fact_{{ run }};
drop table if exists held_code_{{ run }};
alter table held_code rename to held_code_{{ run }};
