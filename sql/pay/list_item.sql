-- grain: one row per payment of a list, by number, with the clause and the letter that it stands on, and what was set off of its payable before
with letter as (
    select claim_id, number, arg_max(document_no, sequence) as document_no
    from issued_letter
    where kind in ('approved', 'reduced', 'supplementary', 'corrected')
    group by claim_id, number
),
set_off as (
    select claim_id, number, instalment, treasury, place, cast(sum(amount_fen) as bigint) as set_off_fen
    from payable_reduction
    where credit = 'receivable' and sequence < {{ sequence }}
    group by all
)
select
    payment.payment_id, payment.replaces, payment.claim_id, payment.instalment, payment.treasury, payment.place, payment.payee_name, payment.bank,
    payment.account, payment.amount_fen, coalesce(adjusted.clause, decided.clause) as clause, letter.document_no,
    coalesce(set_off.set_off_fen, 0) as set_off_fen
from payment
left join decided on decided.claim_id = payment.claim_id
left join adjusted on adjusted.claim_id = payment.claim_id and adjusted.number = payment.number
left join letter on letter.claim_id = payment.claim_id and letter.number = payment.number
left join set_off
    on set_off.claim_id = payment.claim_id and set_off.number = payment.number and set_off.instalment = payment.instalment
    and set_off.treasury = payment.treasury and set_off.place = payment.place
where payment.sequence = {{ sequence }}
order by payment.payment_id
