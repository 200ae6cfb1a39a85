-- grain: one row per payment, with what the bank said of it last: paid, returned, or nothing yet (open)
select payment.*, coalesce(answer.result, 'open') as state, answer.resulted_on, answer.reason
from payment
left join (
    select payment_id, result, resulted_on, reason
    from payment_result
    qualify row_number() over (partition by payment_id order by sequence desc) = 1
) as answer using (payment_id)
