-- grain: one row per claim of the run's batch: what it was decided on, the codes that held it, and what people ruled and closed, are kept for a change to be
-- tried on
{% for table in ("fact", "held_code", "closed", "standing_ruling") %}
drop table if exists {{ table }}_{{ run }};
alter table {{ table }} rename to {{ table }}_{{ run }};
{% endfor %}
