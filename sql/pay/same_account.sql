-- grain: one row per payment that is made again to the very account from which it was returned
select new_payment.payment_id, new_payment.replaces, new_payment.payee_name
from new_payment
join payment on payment.payment_id = new_payment.replaces
where payment.payee_name = new_payment.payee_name and payment.bank = new_payment.bank and payment.account = new_payment.account
order by new_payment.payment_id
