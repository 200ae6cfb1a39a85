-- grain: one row per claim of the run's batch, as it was assessed; where something is asked besides, to be joined with that, in the order of then
{% set names = besides.joins | map(attribute="name") | list + besides.lookups | map(attribute="name") | list %}
{% if names %}
create or replace temp table settling_order as
select claim_id, seq from fact_{{ run }};

create or replace temp view batch as
select columns(lambda name: not (
    name in ('seq', 'as_of'){% for name in names %} or name = {{ name | sql }} or starts_with(name, {{ (name ~ "__") | sql }}){% endfor %}

))
from fact_{{ run }};
{% else %}
-- what the run before was assessed on makes room
drop table if exists temp.fact;

create temp view fact as
select * from fact_{{ run }};
{% endif %}
