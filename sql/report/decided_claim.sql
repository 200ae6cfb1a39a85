-- grain: one row per decided claim of a run, with the particulars of claimant and payee as they stood after some run; by claim_id
with particulars as (
    select {{ key }} as id, {{ payment.name }} as name, {{ payment.bank }} as bank, {{ payment.account }} as account
    from {{ payment.table }}
    where run <= {{ run }}
    qualify row_number() over (partition by {{ key }} order by run desc, file_order desc, line desc) = 1
)
select
    decided.claim_id, decided.claimant, claimant.name as claimant_name, decided.clause, decided.claim_year, decided.submitted_on, decided.rule,
    decided.outcome, coalesce(decided.computed_fen, 0) as computed_fen, decided.award_fen
{% for treasury in treasuries %}
    , decided.{{ treasury }}_fen
{% endfor %}
    , decided.treasury_places, decided.reason_codes, decided.payee, payee.name as payee_name, payee.bank, payee.account
from {{ source }} as decided
left join particulars as claimant on claimant.id = decided.claimant
left join particulars as payee on payee.id = decided.payee
{% if claim_id %}
where decided.claim_id = {{ claim_id | sql }}
{% endif %}
order by decided.claim_id
