-- grain: one row per claim, treasury and place of which more is recovered than was ever awarded; each is a defect of the program
select claim_id, treasury
from (
    select claim_id, treasury, place, case when debit = 'awarded' then amount_fen else -amount_fen end as amount_fen
    from posting
    where 'awarded' in (debit, credit)
    union all
    select claim_id, treasury, place, amount_fen from ({{ decided_payable }})
    union all
    select claim_id, treasury, place, share_fen from approved_share
) as moved
group by claim_id, treasury, place
having sum(amount_fen) < 0
