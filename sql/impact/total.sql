-- grain: one row: claims decided before and after, those that change and whose they are, what is more and what is less in fen, and claims
-- held in both histories, held only after, and held only before
select
    count(month_before), count(month_after), count(*) filter (changed), count(distinct claimant) filter (changed),
    coalesce(cast(sum(award_before_fen) as bigint), 0), coalesce(cast(sum(award_after_fen) as bigint), 0),
    coalesce(cast(sum(difference_fen) filter (difference_fen > 0) as bigint), 0),
    coalesce(cast(sum(-difference_fen) filter (difference_fen < 0) as bigint), 0),
    (
        select count(*)
        from (select claim_id from before.held where not changed)
        semi join (select claim_id from after.held where not changed) as waiting using (claim_id)
        anti join compared as settled using (claim_id)
    ),
    count(*) filter (month_after is null), count(*) filter (month_before is null)
from compared
