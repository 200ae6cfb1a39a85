-- grain: one row: how much waits of each kind of work under a policy; choose_open (claims/months/freezing.py) and plan_payments go before
-- A ruling counts with the next run; what was returned waits for its answer. Where letters are not delivered, issued_by is the first act that issued one;
-- those of `unfinished` acts are not drawn yet.
with held_now as (
    select
        held.claim_id, held.changed,
        exists (
            from ruling where ruling.claim_id = held.claim_id and ruling.content = held.content and ruling.sequence > (select max(run) from run)
        ) as is_ruled,
        (
            select arg_max(ruling.action, ruling.sequence) from ruling where ruling.claim_id = held.claim_id and ruling.content = held.content
        ) as action
    from held
),
payment_now as (
{% include "pay/payment_state.sql" %}
),
undelivered as (
    select sequence from issued_letter anti join delivery using (document_no)
    where {% for sequence in unfinished %}sequence <> {{ sequence }} and {% endfor %}true
),
objected as (
    select claim_id from objection group by claim_id having arg_max(action, sequence) = 'raise'
),
proposed as (
{% include "adjust/proposed.sql" %}
),
owed_back as (
{% include "pay/owed_back.sql" %}
)
select
    (select count(*) from held_now where not changed and not is_ruled and action is distinct from 'return') as held,
    (select count(*) from held_now where changed) as changed,
    (select count(*) from held_now where is_ruled) as ruled,
    (select count(*) from proposed) as proposed,
    (select min(claim_id) from proposed) as proposal,
    (select arg_max(person, sequence) from adjustment where claim_id = (select min(claim_id) from proposed)) as proposer,
    (select min(claim_id) from objected) as objected,
    (select count(*) from chosen) + (select count(*) from chosen_adjustment) as unclosed,
    (select min(month) from chosen) as unclosed_from,
    (select count(*) from undelivered) as undelivered,
    (select min(sequence) from undelivered) as issued_by,
    (select count(*) from plan where state = 'planned') as payable,
    (select count(*) from plan where state = 'planned' and replaces is not null) as returned,
    (select count(*) from plan where state in ('budget', 'uncovered', 'behind')) as uncovered,
    (select count(*) from payment_now where state = 'open') as at_bank,
    (select min(planned_on) from payment_now where state = 'open') as at_bank_since,
    (select min(claim_id) from owed_back) as owing
