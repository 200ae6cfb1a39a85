-- grain: one row per decision of a month and treasury whose instalments are not what it bears, or of which one is below zero
select coalesce(share.claim_id, owed.claim_id) as claim_id, coalesce(share.treasury, owed.treasury) as treasury
from (
    select share.* from month_share as share
    join covered using (sequence, month, claim_id, number)
    where share.month = {{ month | sql }} and not covered.left_out and share.number = 0
) as share
full join (
    select claim_id, number, treasury, place, sum(amount_fen) as amount_fen, min(amount_fen) as least_fen from owed group by all
) as owed using (claim_id, number, treasury, place)
where share.share_fen is distinct from owed.amount_fen or owed.least_fen < 0
order by all
