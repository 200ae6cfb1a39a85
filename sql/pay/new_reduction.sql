-- grain: one row per returned payment of which something is not due again, since its payee has to pay back so much; amounts in fen
-- what was paid too much was still with the bank: it is taken off what would be paid again, the latest payable first
create or replace temp table new_reduction as
with owed_back as (
{% include "pay/owed_back.sql" %}
),
due_again as (
    select
        payment.*, owed_back.owed_fen,
        coalesce(sum(payment.amount_fen) over (
            partition by claim_id, treasury, place, payee order by number desc, instalment desc rows between unbounded preceding and 1 preceding
        ), 0) as later_fen
    from new_result
    join payment using (payment_id)
    join owed_back using (claim_id, treasury, place, payee)
    where new_result.result = 'returned'
)
select
    claim_id, number, instalment, treasury, place, cast(least(amount_fen, owed_fen - later_fen) as bigint) as amount_fen, 'receivable' as credit,
    payment_id, payee
from due_again
where owed_fen > later_fen
order by payment_id;
