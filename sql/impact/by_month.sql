-- grain: one row per month of the as-of dates: claims that change which were decided in it, and awards before and after in fen, of the claims that
-- both histories decide; a claim that the change decides in another month counts in both
with side as (
    select month_before as month, claim_id, changed, award_before_fen as before_fen, 0 as after_fen from compared where in_both
    union all
    select month_after, claim_id, changed, 0, award_after_fen from compared where in_both
)
select month, count(distinct claim_id) filter (changed), cast(sum(before_fen) as bigint), cast(sum(after_fen) as bigint)
from side
group by month
order by month
