-- grain: one row per payable that is due by the day and neither paid nor on its way to the bank, in the order of paying
create or replace temp table due as
with latest as (
{% include "pay/latest_payment.sql" %}
),
particulars as (
    select {{ key }} as payee, {{ payment.name }} as payee_name, {{ payment.bank }} as bank, {{ payment.account }} as account
    from {{ payment.table }}
    qualify row_number() over (partition by {{ key }} order by run desc, file_order desc, line desc) = 1
),
correcting as (
{% include "pay/correcting.sql" %}
),
letter as (
    select claim_id, number, min((document_year, document_number)) as place_in_issue
    from issued_letter
    where kind in ('approved', 'reduced', 'supplementary', 'corrected')
    group by claim_id, number
)
select
    payable.claim_id, payable.number, payable.instalment, payable.treasury, payable.place, payable.payee, payable.due_on, payable.amount_fen,
    particulars.payee_name, particulars.bank, particulars.account, latest.payment_id as replaces,
    case
        when correcting.claim_id is not null then 'correction'
        when payable.place = '' and list_contains([{% for treasury in placed %}{{ treasury | sql }}{{ ", " if not loop.last }}{% endfor %}]::varchar[], payable.treasury) then 'place'
        when particulars.payee_name is null then 'payee'
        when particulars.bank is null or particulars.account is null then 'account'
    end as lack,
    row_number() over (
        order by
            payable.due_on, payable.sequence, letter.place_in_issue nulls last, payable.claim_id, payable.number, payable.instalment,
            payable.treasury, payable.place
    ) as position
from payable_net as payable
left join latest using (claim_id, number, instalment, treasury, place)
left join particulars on particulars.payee = payable.payee
left join correcting on correcting.claim_id = payable.claim_id
left join letter on letter.claim_id = payable.claim_id and letter.number = payable.number
where payable.due_on <= date {{ day | sql }} and coalesce(latest.state, 'returned') = 'returned';
