-- grain: one row per chosen adjustment, as a close freezes it
-- amounts are differences; who pays back is the payee of the award that was too much
with particulars as (
    select {{ key }} as id, {{ payment.name }} as name, {{ payment.bank }} as bank, {{ payment.account }} as account
    from {{ payment.table }}
    qualify row_number() over (partition by {{ key }} order by run desc, file_order desc, line desc) = 1
),
agreed as (
{% include "month/agreed_changes.sql" %}
)
select
    adjustment.claim_id, adjustment.number, decided.run, adjusted.claimant, claimant.name as claimant_name, adjusted.clause, adjusted.claim_year,
    adjustment.outcome, adjustment.computed_fen, adjustment.award_fen, adjusted.breakdowns, adjustment.payee, payee.name as payee_name,
    payee.bank, payee.account, adjustment.reason_codes,
    map {
        'decision:award_yuan': yuan_text(adjustment.award_fen), 'decision:outcome': adjustment.outcome,
        'decision:reason_codes': adjustment.reason_codes, 'decision:payee': adjustment.payee, 'claimant:name': claimant.name,
        'payee:name': payee.name, 'payee:bank': payee.bank, 'payee:account': payee.account, 'claim:agreed_changes': agreed.changes
    } as state
from chosen_adjustment
join adjustment on adjustment.claim_id = chosen_adjustment.claim_id and adjustment.number = chosen_adjustment.number and adjustment.action = 'agree'
join adjusted on adjusted.claim_id = adjustment.claim_id and adjusted.number = adjustment.number
join decided on decided.claim_id = adjustment.claim_id
join agreed on agreed.claim_id = adjustment.claim_id
left join particulars as claimant on claimant.id = adjusted.claimant
left join particulars as payee on payee.id = adjustment.payee
order by adjustment.claim_id, adjustment.number
