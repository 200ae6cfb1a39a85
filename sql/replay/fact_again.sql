-- grain: one row per claim of the run's batch, as it was assessed; where something is asked besides, to be joined with that, in the order of then
{% if besides.columns %}
create or replace temp table settling_order as
select claim_id, seq from fact_{{ run }};

create or replace temp view batch as
select columns(lambda name: lower(name) not in ('seq', 'as_of'{% for column in besides.columns %}, {{ column | lower | sql }}{% endfor %}))
from fact_{{ run }};
{% else %}
-- what the run before was assessed on makes room
drop table if exists temp.fact;

create temp view fact as
select * from fact_{{ run }};
{% endif %}
