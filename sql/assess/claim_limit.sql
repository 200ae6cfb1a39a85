-- grain: one row per claim and limit that applies to it; limits of a claim work in the order of `ordinal`; what a limit allows and what its
-- account gave before this run are in the unit that its pool counts: fen, or pieces
create or replace temp table claim_limit as
with keyed as (
{% for rule, limit in limits %}
    select
        seq, claim_year, {{ loop.index }} as limit_number, {{ limit.ordinal }} as ordinal, '{{ limit.kind }}' as kind, '{{ limit.pool }}' as pool,
        '{{ limit.counts }}' as counts, {{ limit.carry_years }} as carry_years, {{ limit.carry_key_sql }} as carry_key,
        {{ limit.counted_sql }} as counted,
        {{ limit.key_sql }} as key, {{ "limit_%d" % limit.ordinal if limit.limit_sql else "null::bigint" }} as allowed
    from {{ rule.table }}
{{ "    union all" if not loop.last }}
{% else %}
    select
        null::bigint as seq, null::integer as claim_year, null::integer as limit_number, null::integer as ordinal, null::varchar as kind,
        null::varchar as pool, null::varchar as counts, null::integer as carry_years, null::varchar as carry_key, null::varchar as counted, null::varchar as key, null::bigint as allowed
    where false
{% endfor %}
),
-- a pool with its key is one account: what it has given is counted under one number
account as (
    select pool, key, row_number() over () as account, count(distinct seq) > 1 as shared
    from keyed
    group by pool, key
)
select
    keyed.seq, keyed.claim_year, keyed.limit_number, keyed.ordinal, keyed.kind, keyed.pool, keyed.counts, keyed.counted, keyed.carry_years, keyed.carry_key, keyed.allowed,
    account.account, account.shared,
    coalesce(pool_history.history, 0) as history, pool_history.history_values,
    coalesce(pool_history.history_carry, 0) as history_carry, coalesce(pool_history.history_of_carried, 0) as history_of_carried
from keyed
join account using (pool, key)
left join pool_history using (pool, key);

-- grain: one row per claim and account that several claims draw on, of which it needs those before it; a claim draws on an account once
create or replace temp table account_draw as
select seq, account, counts, counted, max(carry_years) > 0 as carries
from claim_limit
where shared
group by seq, account, counts, counted;
