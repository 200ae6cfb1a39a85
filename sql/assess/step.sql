-- grain: one row per settled claim and step, from the very relations that yield the award
-- what a limit allows, what was used of it and what remains are in the unit that its pool counts: fen, or pieces
-- kind: cell (of a claim that people closed: as it was received), fact, value, band, computed, carried, once, cumulative, ceiling, highest, share, instalment, obligation (with the day in value_text); numbers in the stored unit of their name, amounts in fen
select
    null::varchar as claim_id, null::varchar as rule, null::integer as ordinal, null::varchar as kind, null::varchar as name, null::bigint as value,
    null::varchar as value_text, null::varchar as file, null::bigint as line, null::bigint as before_fen, null::bigint as allowed,
    null::bigint as used, null::bigint as remaining, null::bigint as otherwise_fen, null::boolean as bound
where false
union all
{% for field in claims.field %}
select
    claim_id, null, {{ loop.index }}, 'cell', {{ field.name | sql }}, null,
    raw.{{ field.name }} || case when list_contains(wan, {{ field.name | sql }}) then '（万元）' else '' end,
    file, line, null, null, null, null, null, null
from closed
join fact using (seq)
where raw.{{ field.name }} is not null
union all
{% endfor %}
{% for rule in rules %}
{% for fact in rule.facts if fact.kind != "bool" %}
select
    claim_id, '{{ rule.id }}', {{ loop.index }}, 'fact', {{ fact.name | sql }},
    {{ "cast(%s as bigint)" % fact.column if fact.kind == "number" else "null" }},
    {{ "null" if fact.kind == "number" else "cast(%s as varchar)" % fact.column }},
    {{ fact.join ~ "__file" if fact.join else "file" if fact.name in claims.fields else "null" }},
    {{ fact.join ~ "__line" if fact.join else "line" if fact.name in claims.fields else "null" }},
    null, null, null, null, null, null
from {{ rule.table }}
union all
{% endfor %}
{% for layer in rule.layers %}
select
    claim_id, '{{ rule.id }}', {{ 100 + loop.index }}, '{{ layer.traced_as }}', {{ layer.name | sql }},
    {{ "cast(%s as bigint)" % layer.column if layer.kind == "number" else "null" }},
    {{ "null" if layer.kind == "number" else "cast(%s as varchar)" % layer.column }},
    null, null, null, null, null, null, null, null
from {{ rule.table }}
union all
{% endfor %}
select claim_id, '{{ rule.id }}', 200, 'computed', 'computed', computed_fen, null, null, null, null, null, null, null, null, null
from {{ rule.table }}
where refusals is null
union all
{% endfor %}
select claim_id, rule, 299, 'carried', 'carried', carried_fen, null, null, null, null, null, null, null, null, null
from decision
where carried_fen > 0 and outcome <> 'rejected'
union all
select
    decision.claim_id, decision.rule, 300 + limit_step.ordinal, limit_step.kind, limit_step.name, limit_step.after_fen, null,
    null, null, limit_step.before_fen, limit_step.allowed, limit_step.used, limit_step.remaining, limit_step.otherwise_fen, limit_step.bound
from limit_step
join decision using (seq)
where not limit_step.refused or (limit_step.kind = 'once' and limit_step.bound)
{% for rule in rules %}
{% for follow in rule.follows %}
union all
select
    claim_id, '{{ rule.id }}', {{ 450 + loop.index }}, '{{ follow.kind }}', {{ follow.name | sql }},
{% if follow.amount_sql %}
    {{ follow.amount_sql }},
{% else %}
    award_fen{% for other in rule.follows if other.kind == follow.kind and other.amount_sql %} - {{ other.amount_sql }}{% endfor %},
{% endif %}
    cast({{ follow.day_sql }} as varchar), null, null, null, null, null, null, null, null
from {{ rule.table }}
join (select seq, award_fen from decision where award_fen > 0) using (seq)
{% endfor %}
{% endfor %}
{% for treasury in treasuries %}
union all
select claim_id, rule, {{ 400 + loop.index }}, 'share', '{{ treasury }}', {{ treasury }}_fen, null, null, null, null, null, null, null, null, null
from decision
where award_fen > 0
{% endfor %}
