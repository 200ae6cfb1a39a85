-- grain: one row per payment of a list, by number, with the clause and the letter that it stands on
with letter as (
    select claim_id, number, arg_max(document_no, sequence) as document_no
    from issued_letter
    where kind in ('approved', 'reduced', 'supplementary')
    group by claim_id, number
)
select
    payment.payment_id, payment.replaces, payment.claim_id, payment.instalment, payment.treasury, payment.place, payment.payee_name, payment.bank,
    payment.account, payment.amount_fen, decided.clause, letter.document_no
from payment
left join decided using (claim_id)
left join letter using (claim_id, number)
where payment.sequence = {{ sequence }}
order by payment.payment_id
