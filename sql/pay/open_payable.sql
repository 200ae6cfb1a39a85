-- grain: one row per payable that is neither paid nor on its way to the bank, with what is left of it
select payable.*
from payable_net as payable
anti join (
    select *
    from (
{% include "pay/payment_state.sql" %}
    )
    where state <> 'returned'
) as alive using (claim_id, number, instalment, treasury, place)
