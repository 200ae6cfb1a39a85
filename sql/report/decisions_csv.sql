-- grain: one line per claim that the run decided or held
select concat_ws(',',
    csv_cell(claim_id), csv_cell(claimant), csv_cell(clause), coalesce(cast(claim_year as varchar), ''), outcome,
    coalesce(yuan_text(award_fen), ''){% for t in treasuries %}, coalesce(yuan_text({{ t }}_fen), ''){% endfor %}, csv_cell(payee), reason_codes
) as line
from {{ source }}
order by claim_id
