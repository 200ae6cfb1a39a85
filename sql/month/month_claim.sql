-- grain: one row per decision or adjustment that a close freezes
select
    {{ month | sql }} as month, claim_id, number, run, claimant, claimant_name, clause, claim_year, outcome, coalesce(computed_fen, 0) as computed_fen,
    award_fen, breakdowns, payee, payee_name, bank, account, reason_codes, state
from frozen
order by claim_id, number
