-- grain: one row per defect of the books; each is one of the program, never of the data: no act may be recorded that would bring one
with state as (
{% include "pay/payment_state.sql" %}
),
open_payable as (
{% include "pay/open_payable.sql" %}
),
owed_back as (
{% include "pay/owed_back.sql" %}
),
known_budget as (
    select treasury, place, year, arg_max(amount_fen, sequence) as amount_fen
    from budget
    group by treasury, place, year
),
entry as (
    select treasury, place, year, debit as account, amount_fen from posting
    union all
    select treasury, place, year, credit, -amount_fen from posting
),
-- what each account must hold, debit above zero, by what the acts say
expected as (
    select treasury, place, 0 as year, 'payable' as account, -amount_fen as amount_fen from payable_net
    union all
    select treasury, place, 0, 'payable', amount_fen from state where state = 'paid'
    union all
    select treasury, place, 0, 'paid', -amount_fen from state where state = 'paid'
    union all
    select treasury, place, 0, 'paid', amount_fen from recovered
    union all
    select treasury, place, year, 'granted', -amount_fen from known_budget
    union all
    select treasury, place, year, 'appropriation', amount_fen from known_budget
    union all
    select treasury, place, year(planned_on), 'appropriation', -amount_fen from state where state <> 'returned'
    union all
    select treasury, place, year(planned_on), 'reserved', amount_fen from state where state = 'open'
    union all
    select treasury, place, year(planned_on), 'granted', amount_fen from state where state = 'paid'
),
-- the budget's accounts are kept by its year, the others run on
posted as (
    select treasury, place, case when account in ('granted', 'appropriation', 'reserved') then year else 0 end as year, account, amount_fen
    from entry
    where account not in ('awarded', 'receivable')
),
difference as (
    select treasury, place, year, account, sum(amount_fen) as amount_fen
    from (select * from expected union all by name select treasury, place, year, account, -amount_fen as amount_fen from posted)
    group by all
    having sum(amount_fen) <> 0
)
select format('{} does not hold what was done: {} fen are missing', account, amount_fen) as defect, treasury, place, year from difference
union all
select 'more is planned than was granted', treasury, place, year from entry where account = 'appropriation' group by all having sum(amount_fen) < 0
union all
select 'more was recovered than is owed', treasury, place, 0
from (select *, case when debit = 'receivable' then amount_fen else -amount_fen end as moved_fen from posting where 'receivable' in (debit, credit))
group by claim_id, treasury, place, payee
having sum(moved_fen) < 0
union all
-- the same money would go out and be asked back
select 'a share is due while it is to be paid back', treasury, place, 0
from open_payable
semi join owed_back using (claim_id, treasury, place, payee)
union all
select 'a payable is planned twice at a time', treasury, place, 0
from state
where state <> 'returned'
group by claim_id, number, instalment, treasury, place
having count(*) > 1
union all
select 'a payable stands twice, or is not above zero', treasury, place, 0
from payable
group by claim_id, number, instalment, treasury, place
having count(*) > 1 or min(amount_fen) <= 0
union all
select 'a number of a payment is used twice', any_value(treasury), any_value(place), 0 from payment group by payment_id having count(*) > 1
union all
select 'more is taken off a payable than it holds', treasury, place, 0
from (
    select claim_id, number, instalment, treasury, place, amount_fen from payable
    union all
    select claim_id, number, instalment, treasury, place, -amount_fen from payable_reduction
)
group by claim_id, number, instalment, treasury, place
having sum(amount_fen) < 0
union all
select 'what is taken off a payable is not what is posted', treasury, place, 0
from (
    select claim_id, treasury, place, credit, amount_fen from payable_reduction
    union all
    select claim_id, treasury, place, credit, -amount_fen from posting where debit = 'payable' and credit in ('awarded', 'receivable')
)
group by claim_id, treasury, place, credit
having sum(amount_fen) <> 0
union all
select 'a payment pays what is not owed', alive.treasury, alive.place, 0
from (select * from state where state <> 'returned') as alive
anti join payable_net using (claim_id, number, instalment, treasury, place, payee, amount_fen)
union all
select 'a payment takes the place of none that was returned', payment.treasury, payment.place, 0
from payment
anti join (select * from state where state = 'returned') as returned
    on returned.payment_id = payment.replaces and returned.claim_id = payment.claim_id and returned.number = payment.number
    and returned.instalment = payment.instalment and returned.treasury = payment.treasury and returned.place = payment.place
where payment.replaces is not null
union all
select 'a result of no payment', '', '', 0 from payment_result anti join payment using (payment_id)
limit 20
