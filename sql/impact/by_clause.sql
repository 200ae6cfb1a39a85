-- grain: one row per clause of claims that both histories decide: those that change, and awards before and after in fen
select
    clause, count(*) filter (changed), coalesce(cast(sum(award_before_fen) as bigint), 0), coalesce(cast(sum(award_after_fen) as bigint), 0)
from compared
where in_both and clause <> ''
group by clause
order by clause
