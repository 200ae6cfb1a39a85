-- grain: one row per fact that a claim which is not refused needs and that has no value
{% for rule in rules %}
{% for fact in rule.facts %}
select {{ fact.name | sql }} as name from {{ rule.table }} where refusals is null and {{ fact.column }} is null
union
{% endfor %}
{% endfor %}
select null where false
order by name
