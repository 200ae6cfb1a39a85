-- grain: one row per claim and limit: what its pool had given before this claim, by earlier runs and by the claims before it
create or replace temp table limit_use as
with member as (
    select distinct seq, pool, key from claim_limit
),
given_in_batch as (
    select
        member.seq, member.pool,
        cast(coalesce(sum(award.award_fen) over (
            partition by member.pool, member.key order by member.seq rows between unbounded preceding and 1 preceding
        ), 0) as bigint) as given_fen
    from member
    join award using (seq)
)
select
    claim_limit.*,
    coalesce(pool_history.history_fen, 0) + given_in_batch.given_fen as used_fen
from claim_limit
join given_in_batch using (seq, pool)
left join pool_history using (pool, key);
