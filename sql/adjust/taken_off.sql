-- grain: one row per payable and credit that the adjustments take something off, with how much; amounts in fen
-- what is set off comes off the very share that rises; what falls is taken off what is still owed then, the latest payable first
create or replace temp table taken_off as
with set_off as (
    select claim_id, number, instalment, treasury, place, set_off_fen
    from supplementary_payable
    join approved_share using (claim_id, number, treasury, place)
    where set_off_fen > 0
),
falling as (
    select claim_id, treasury, place, payee, cast(sum(taken_off_fen) as bigint) as falling_fen
    from approved_share
    where taken_off_fen > 0
    group by all
),
item as (
    select * from payable_before
    union all by name
    select * exclude (due_on, set_off_fen) replace (amount_fen - coalesce(set_off_fen, 0) as amount_fen)
    from supplementary_payable
    left join set_off using (claim_id, number, instalment, treasury, place)
),
owed as (
    select
        item.*, falling.falling_fen,
        coalesce(sum(item.amount_fen) over (
            partition by claim_id, treasury, place, payee order by number desc, instalment desc rows between unbounded preceding and 1 preceding
        ), 0) as later_fen
    from item
    join falling using (claim_id, treasury, place, payee)
    where item.amount_fen > 0
)
select claim_id, number, instalment, treasury, place, cast(least(amount_fen, falling_fen - later_fen) as bigint) as amount_fen, 'awarded' as credit
from owed
where falling_fen > later_fen
union all
select claim_id, number, instalment, treasury, place, set_off_fen, 'receivable' from set_off;
