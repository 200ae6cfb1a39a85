-- grain: one row per amount that the approval of adjustments moves
with falling as (
    select claim_id, treasury, place, -sum(share_fen) as amount_fen from approved_share where share_fen < 0 group by all
),
off as (
    select claim_id, treasury, place, sum(amount_fen) as amount_fen from taken_off group by all
),
moved as (
    select 1 as step, claim_id, treasury, place, 'awarded' as debit, 'payable' as credit, sum(share_fen) as amount_fen, '更正补发' as says
    from approved_share
    where share_fen > 0
    group by all
    union all
    select 2, claim_id, treasury, place, 'payable', 'awarded', amount_fen, '更正追回，从应付中扣减'
    from off
    union all
    select 3, claim_id, treasury, place, 'receivable', 'awarded', falling.amount_fen - coalesce(off.amount_fen, 0), '更正追回，应予退回'
    from falling
    left join off using (claim_id, treasury, place)
    where falling.amount_fen > coalesce(off.amount_fen, 0)
)
select
    date '{{ day }}' as posted_on, treasury, place, {{ day.year }} as year, debit, credit, cast(amount_fen as bigint) as amount_fen, claim_id,
    null::varchar as payment_id, says
from moved
order by claim_id, treasury, place, step
