-- grain: one row per limit: of the claims that both histories decide, those that it binds before and after, and those of the latter
-- that it did not bind before
with bound as (
    select unnest(limits_before) as title, claim_id, 'before' as side from compared where in_both
    union all
    select unnest(limits_after), claim_id, 'after' from compared where in_both
)
select
    title, count(distinct claim_id) filter (side = 'before'), count(distinct claim_id) filter (side = 'after'),
    count(distinct claim_id) - count(distinct claim_id) filter (side = 'before')
from bound
group by title
order by title
