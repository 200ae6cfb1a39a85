-- grain: one row per decided claim that a ceiling carried something of to later years (above zero), or that used carried amounts (below zero)
create or replace temp table carry_history as
{% for key_sql, years, members in carries %}
select {{ key_sql }} as carry_key, {{ years }} as carry_years, claim_year, carry_fen, run, submitted_on, claim_id
from decided_net
where carry_fen <> 0 and clause in ({% for member in members %}'{{ member }}'{{ ", " if not loop.last }}{% endfor %})
{{ "union all" if not loop.last }}
{% endfor %};
