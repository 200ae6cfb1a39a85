-- grain: one row per planned payment that a person should look at before it goes to the bank, and why
with owed_back as (
{% include "pay/owed_back.sql" %}
)
select new_payment.payment_id, '重付到' || new_payment.replaces || '被退回的同一账户，请核对账户' as note
from new_payment
join payment on payment.payment_id = new_payment.replaces
where payment.payee_name = new_payment.payee_name and payment.bank = new_payment.bank and payment.account = new_payment.account
union all
select payment_id, '同一申报的另一收款单位尚应向该财政退还' || yuan_text(owed_fen) || '元，请核对'
from new_payment
join owed_back using (claim_id, treasury, place)
order by all
