-- grain: one row per amount that the approval of adjustments moves
with moved as (
    select *, 1 as step, 'awarded' as debit, 'payable' as credit, share_fen as amount_fen, '更正补发' as says from approved_share
    union all
    select *, 2, 'payable', 'receivable', set_off_fen, '更正补发，抵扣应追回款' from approved_share
    union all
    select *, 3, 'payable', 'awarded', taken_off_fen, '更正追回，从应付中扣减' from approved_share
    union all
    select *, 4, 'receivable', 'awarded', paid_back_fen, '更正追回，应予退回' from approved_share
)
select
    date '{{ day }}' as posted_on, treasury, place, {{ day.year }} as year, debit, credit, amount_fen, claim_id, null::varchar as payment_id,
    case when 'receivable' in (debit, credit) then payee end as payee, says
from moved
where amount_fen > 0
order by claim_id, number, treasury, place, step
