-- grain: one row per claim that changes, the greatest difference first; amounts in fen
select
    claim_id, claimant, name, clause, month_before, month_after, outcome_before, outcome_after, award_before_fen, award_after_fen,
    difference_fen, codes_before, codes_after, array_to_string(limits_before, '、') as limits_before, array_to_string(limits_after, '、') as limits_after
from compared
where changed
order by abs(difference_fen) desc, claim_id
limit {{ most }}
