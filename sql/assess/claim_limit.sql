-- grain: one row per claim and limit that applies to it; limits of a claim work in the order of `ordinal`
create or replace temp table claim_limit as
{% for rule, limit in limits %}
select
    seq, {{ limit.ordinal }} as ordinal, '{{ limit.kind }}' as kind, {{ limit.name | sql }} as name, {{ limit.code | sql }} as code,
    '{{ limit.pool }}' as pool, {{ limit.key_sql }} as key, {{ "limit_%d_fen" % limit.ordinal if limit.limit_sql else "null::bigint" }} as limit_fen
from {{ rule.table }}
{{ "union all" if not loop.last }}
{% endfor %};
