-- grain: one row per payable of a claim of which a share falls, by how much it is reduced; amounts in fen
-- what falls is taken off what is still owed, the latest payable first; what is paid, or on its way to the bank, is to be paid back
create or replace temp table taken_off as
with falling as (
    select claim_id, treasury, place, cast(-sum(share_fen) as bigint) as falling_fen
    from approved_share
    where share_fen < 0
    group by all
),
item as (
    select claim_id, number, instalment, treasury, place, amount_fen from payable_net
    union all
    select claim_id, number, instalment, treasury, place, amount_fen from ({{ decided_payable }})
    union all
    select claim_id, number, instalment, treasury, place, amount_fen from supplementary_payable
),
paid_or_on_its_way as (
    select claim_id, number, instalment, treasury, place
    from (
{% include "pay/payment_state.sql" %}
    )
    where state <> 'returned'
),
owed as (
    select
        item.*, falling.falling_fen,
        coalesce(sum(item.amount_fen) over (
            partition by claim_id, treasury, place order by number desc, instalment desc rows between unbounded preceding and 1 preceding
        ), 0) as later_fen
    from item
    join falling using (claim_id, treasury, place)
    anti join paid_or_on_its_way using (claim_id, number, instalment, treasury, place)
)
select claim_id, number, instalment, treasury, place, cast(least(amount_fen, falling_fen - later_fen) as bigint) as amount_fen
from owed
where falling_fen > later_fen;
