-- grain: one row per due payable: state is `planned`, or why it waits: correction, place, payee, account, budget (there is none), uncovered, or behind
-- What cannot be paid for want of particulars, or while its claim is corrected, does not hold up those behind it; what the budget does not cover does,
-- so that the order is kept.
create or replace temp table plan as
with unspent as (
{% include "pay/unspent.sql" %}
),
added_up as (
    select *, cast(sum(amount_fen) over (partition by treasury, place, lack is null order by position) as bigint) as through_fen
    from due
)
select
    added_up.* exclude (lack, through_fen), unspent.left_fen,
    case
        when lack is not null then lack
        when unspent.left_fen is null then 'budget'
        when through_fen <= unspent.left_fen then 'planned'
        when through_fen - amount_fen <= unspent.left_fen then 'uncovered'
        else 'behind'
    end as state
from added_up
left join unspent on unspent.treasury = added_up.treasury and unspent.place = added_up.place and unspent.year = {{ year }};
