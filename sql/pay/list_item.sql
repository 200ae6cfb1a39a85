-- grain: one row per payment of a list, by number, with the clause and the letter that it stands on
with letter as (
    select claim_id, number, arg_max(document_no, sequence) as document_no
    from issued_letter
    where kind in ('approved', 'reduced', 'supplementary')
    group by claim_id, number
)
select
    payment.payment_id, payment.replaces, payment.claim_id, payment.instalment, payment.treasury, payment.place, payment.payee_name, payment.bank,
    payment.account, payment.amount_fen, coalesce(adjusted.clause, decided.clause) as clause, letter.document_no
from payment
left join decided on decided.claim_id = payment.claim_id
left join adjusted on adjusted.claim_id = payment.claim_id and adjusted.number = payment.number
left join letter on letter.claim_id = payment.claim_id and letter.number = payment.number
where payment.sequence = {{ sequence }}
order by payment.payment_id
