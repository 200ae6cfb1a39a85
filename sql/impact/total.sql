-- grain: one row: of the claims that both histories decide, those that change and whose they are, awards before and after, what is more and what is
-- less in fen, and those that move money between treasuries; then claims held in both histories, and those held only after and only before, each
-- with what the other history awards them
select
    count(*) filter (in_both and changed), count(distinct claimant) filter (in_both and changed),
    coalesce(cast(sum(award_before_fen) filter (in_both) as bigint), 0), coalesce(cast(sum(award_after_fen) filter (in_both) as bigint), 0),
    coalesce(cast(sum(difference_fen) filter (difference_fen > 0) as bigint), 0),
    coalesce(cast(sum(-difference_fen) filter (difference_fen < 0) as bigint), 0),
    count(*) filter (shifted),
    (
        select count(*)
        from (select claim_id from before.held where not changed)
        semi join (select claim_id from after.held where not changed) as waiting using (claim_id)
        anti join compared as settled using (claim_id)
    ),
    count(*) filter (month_after is null), coalesce(cast(sum(award_before_fen) filter (month_after is null) as bigint), 0),
    count(*) filter (month_before is null), coalesce(cast(sum(award_after_fen) filter (month_before is null) as bigint), 0)
from compared
