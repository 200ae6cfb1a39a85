-- grain: one row per cell that a claim was decided on: its text as it was received, and whether it counts 10,000 yuan
with claim as (
    select
        fact.raw, fact.wan
{% for join in joins %}
        , {{ join.name }}.raw as {{ join.name }}__raw, {{ join.name }}.wan as {{ join.name }}__wan
{% endfor %}
    from fact
{% for join in joins %}
    left join current_{{ join.table }} as {{ join.name }}
        on {% for theirs, ours in join.on %}{{ join.name }}.{{ theirs }} = fact.{{ ours }}{{ " and " if not loop.last }}{% endfor %}

{% endfor %}
    where fact.claim_id = $claim_id
)
{% for name, cell in cells %}
{% set prefix = cell.join ~ "__" if cell.join else "" %}
select {{ name | sql }} as name, {{ prefix }}raw.{{ cell.field }} as raw_value, list_contains({{ prefix }}wan, {{ cell.field | sql }}) as in_ten_thousands
from claim
{{ "union all" if not loop.last }}
{% else %}
select null, null, null where false
{% endfor %}
