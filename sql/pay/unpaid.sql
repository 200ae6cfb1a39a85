-- grain: one row per payable that is approved and not paid: the latest payment that was listed for it, if any, and how far it is: listed (at the bank),
-- returned (by the bank, to be listed again), or neither
with latest as (
{% include "pay/latest_payment.sql" %}
),
named as (
    select {{ key }} as payee, {{ payment.name }} as name
    from {{ payment.table }}
    qualify row_number() over (partition by {{ key }} order by run desc, file_order desc, line desc) = 1
)
select
    payable.treasury, payable.place, letter_id(payable.claim_id, payable.number), payable.instalment, coalesce(named.name, payable.payee) as name, payable.due_on,
    payable.amount_fen, latest.state, latest.payment_id
from payable_net as payable
left join latest using (claim_id, number, instalment, treasury, place)
left join named on named.payee = payable.payee
where latest.state is distinct from 'paid'
order by list_position([{% for treasury in treasuries %}{{ treasury | sql }}{{ ", " if not loop.last }}{% endfor %}], payable.treasury), payable.place,
    payable.due_on, payable.claim_id, payable.number, payable.instalment
