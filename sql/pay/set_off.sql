-- grain: one row per payable and act by which something of it was set off against what its payee had to pay back; `payment_id` is the payment that the
-- bank returned, `document_no` the letter of the supplementary award; owed_fen is what was still to be paid back of the share after the act
with off as (
    select reduction.*, payable.payee
    from payable_reduction as reduction
    join payable using (claim_id, number, instalment, treasury, place)
    where reduction.credit = 'receivable'
),
balance as (
    select
        sequence, claim_id, treasury, place, payee, any_value(posted_on) filter (where debit = 'payable') as set_off_on,
        cast(sum(sum(case when debit = 'receivable' then amount_fen else -amount_fen end)) over (
            partition by claim_id, treasury, place, payee order by sequence
        ) as bigint) as owed_fen
    from posting
    where 'receivable' in (debit, credit)
    group by sequence, claim_id, treasury, place, payee
),
returned as (
    select result.sequence, payment.* exclude (sequence, amount_fen, payee)
    from payment_result as result
    join payment using (payment_id)
)
select set_off_on, treasury, place, claim_id, off.amount_fen, returned.payment_id, letter.document_no, owed_fen
from off
join balance using (sequence, claim_id, treasury, place, payee)
left join returned using (sequence, claim_id, number, instalment, treasury, place)
left join issued_letter as letter using (sequence, claim_id, number)
order by sequence, claim_id, treasury, place, number, instalment
