-- grain: one row per clause that some claim names: claims that change, and awards before and after in fen
select
    clause, count(*) filter (changed), coalesce(cast(sum(award_before_fen) as bigint), 0), coalesce(cast(sum(award_after_fen) as bigint), 0)
from compared
where clause <> ''
group by clause
order by clause
