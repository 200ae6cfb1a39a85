-- grain: one row per settled claim and step, made from the very relations that yield the award
-- kind: fact, value, computed, once, cumulative, ceiling, share; numbers in the stored unit of their name, amounts in fen
create or replace temp table step as
{% for rule in rules %}
select
    claim_id, '{{ rule.id }}' as rule,
    unnest([
{% for fact in rule.facts %}
        {'ordinal': {{ loop.index }}, 'kind': 'fact', 'name': {{ fact.name | sql }},
         'value': {{ "cast(%s as bigint)" % fact.column if fact.kind == "number" else "null::bigint" }},
         'value_text': {{ "null::varchar" if fact.kind == "number" else "cast(%s as varchar)" % fact.column }},
         'file': {{ fact.join ~ "__file" if fact.join else "file" if fact.name in claim_fields else "null::varchar" }},
         'line': {{ fact.join ~ "__line" if fact.join else "line" if fact.name in claim_fields else "null::bigint" }}},
{% endfor %}
{% for layer in rule.layers %}
        {'ordinal': {{ 100 + loop.index }}, 'kind': 'value', 'name': {{ layer.name | sql }},
         'value': {{ "cast(%s as bigint)" % layer.column if layer.kind == "number" else "null::bigint" }},
         'value_text': {{ "null::varchar" if layer.kind == "number" else "cast(%s as varchar)" % layer.column }},
         'file': null::varchar, 'line': null::bigint},
{% endfor %}
        {'ordinal': 200, 'kind': 'computed', 'name': 'computed', 'value': case when refusals is null then computed_fen end,
         'value_text': null::varchar, 'file': null::varchar, 'line': null::bigint}
    ], recursive := true),
    null::bigint as before_fen, null::bigint as limit_fen, null::bigint as used_fen, null::bigint as left_fen,
    null::bigint as otherwise_fen, null::boolean as bound
from {{ rule.table }}
union all by name
{% endfor %}
select
    decision.claim_id, decision.rule, 300 + limit_step.ordinal as ordinal, limit_step.kind, limit_step.name, limit_step.after_fen as value,
    limit_step.before_fen, limit_step.limit_fen, limit_step.used_fen, limit_step.left_fen, limit_step.otherwise_fen, limit_step.bound
from limit_step
join decision using (seq)
where not limit_step.refused or (limit_step.kind = 'once' and limit_step.bound)
{% for treasury in treasuries %}
union all by name
select claim_id, rule, {{ 400 + loop.index }} as ordinal, 'share' as kind, '{{ treasury }}' as name, {{ treasury }}_fen as value
from decision
where award_fen > 0
{% endfor %};
