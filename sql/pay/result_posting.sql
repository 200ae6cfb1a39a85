-- grain: one row per amount that a result moves
-- What is owed and paid belongs to the year of the bank's day; what is reserved, to the year of the budget that it was planned from. What a return sets
-- off is set off on the day of the act.
create or replace temp table new_posting as
with state as (
{% include "pay/payment_state.sql" %}
),
result as (
    select
        new_result.*, new_result.resulted_on as posted_on, state.state as before, state.treasury, state.place, state.amount_fen, state.claim_id,
        null::varchar as payee, year(new_result.resulted_on) as year_of_result, year(state.planned_on) as year_of_budget
    from new_result
    join state using (payment_id)
),
moved as (
    select *, 1 as step, year_of_result as year, 'payable' as debit, 'paid' as credit, '银行支付' as says from result where result = 'paid'
    union all
    select *, 2, year_of_budget, 'granted', 'reserved', '银行支付，核销占用' from result where result = 'paid'
    union all
    select *, 1, year_of_result, 'paid', 'payable', '银行退回' from result where result = 'returned' and before = 'paid'
    union all
    select *, 2, year_of_budget, 'reserved', 'granted', '银行退回，恢复占用' from result where result = 'returned' and before = 'paid'
    union all
    select *, 3, year_of_budget, 'appropriation', 'reserved', '银行退回，释放占用' from result where result = 'returned'
    union all by name
    select
        *, date {{ day | sql }} as posted_on, 4 as step, year(date {{ day | sql }}) as year, 'payable' as debit, '银行退回，抵扣应追回款' as says
    from new_reduction
)
select posted_on, treasury, place, cast(year as integer) as year, debit, credit, amount_fen, claim_id, payment_id, payee, says
from moved
order by payment_id, step;
