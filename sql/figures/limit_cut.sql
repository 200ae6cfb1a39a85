-- grain: one row per clause and step of a decision that a report is about: computed, carried from earlier years, what was given before (cumulative), or a limit that cut;
-- amounts in fen
-- amount_fen of a limit is what it cut, of cumulative what was taken off, so that for each clause computed + carried - both = awarded
with step as (
{% for source in steps %}
    select
        claim_id, kind, name,
        case when kind in ('computed', 'carried') then value when kind = 'once' then before_fen else before_fen - value end as amount_fen
    from {{ source }}
    where kind in ('computed', 'carried') or (bound and kind in ('once', 'cumulative', 'ceiling', 'highest'))
    {{ "union all" if not loop.last }}
{% else %}
    select null::varchar as claim_id, null::varchar as kind, null::varchar as name, null::bigint as amount_fen where false
{% endfor %}
)
select
    coalesce(reported.clause, '') as clause, step.kind, step.name, count(*) as claims, cast(coalesce(sum(step.amount_fen), 0) as bigint) as amount_fen
from step
join reported on reported.claim_id = step.claim_id and reported.number = 0
-- what was refused before anything was computed had nothing to be cut
where step.kind <> 'once' or step.claim_id in (select claim_id from step where kind = 'computed')
group by all
order by all
