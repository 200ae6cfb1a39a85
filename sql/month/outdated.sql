-- grain: one row per frozen decision of a month and fact that stood otherwise, when the month was closed, than the decision took it
{% for source in steps %}
select step.claim_id, step.ordinal, step.name
from {{ source }} as step
join covered on covered.claim_id = step.claim_id and covered.number = 0 and covered.month = {{ month | sql }}
where step.kind = 'fact' and map_contains(covered.state, step.name)
    and covered.state[step.name] is distinct from coalesce(cast(step.value as varchar), step.value_text)
{{ "union all" if not loop.last }}
{% else %}
select null as claim_id, null as ordinal, null as name where false
{% endfor %}
order by claim_id, ordinal
