-- grain: one row per claim that {{ rule.id }} settles; each named value of the rule is a column; amounts in fen
create or replace temp table {{ rule.table }} as
select
    *,
    nullif(concat_ws(';', null{% for code, sql in rule.refusals %}, case when {{ sql }} then '{{ code }}' end{% endfor %}), '') as refusals,
    nullif(concat_ws(';', null{% for code, sql in rule.reductions %}, case when {{ sql }} then '{{ code }}' end{% endfor %}), '') as reductions,
    {{ rule.computed_sql }} as computed_fen
{% for limit in rule.limits if limit.limit_sql %}
    , {{ limit.limit_sql }} as limit_{{ limit.ordinal }}
{% endfor %}
from
{% for layer in rule.layers | reverse %}
(select *, {{ layer.sql }} as {{ layer.column }} from
{% endfor %}
(
    select
        seq, claim_id, claimant, clause, claim_year, file, line, as_of, {{ rule.payee_column }} as payee
{% for fact in rule.facts if fact.column not in ("claim_id", "claimant", "clause", "claim_year") %}
        , {{ fact.column }}
{% endfor %}
{% for join in rule.facts | map(attribute="join") | select | unique %}
        , {{ join }}__file, {{ join }}__line
{% endfor %}
    from fact
    anti join held_code using (seq)
    anti join closed using (seq)
    where {{ rule.condition }}
)
{% for layer in rule.layers %}
)
{% endfor %};
