-- grain: one row per claim, treasury and place of which more is recovered than was ever owed; each is a defect of the program
select claim_id, treasury
from (
    select claim_id, treasury, place, amount_fen from payable_net
    union all
    select claim_id, treasury, place, amount_fen from ({{ decided_payable }})
    union all
    select claim_id, treasury, place, share_fen from approved_share
    union all
    select claim_id, treasury, place, -amount_fen from posting where debit = 'receivable'
) as moved
group by claim_id, treasury, place
having sum(amount_fen) < 0
