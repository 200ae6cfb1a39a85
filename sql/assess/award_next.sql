-- grain: one row per claim that is settled: its award, given what the limits' pools had given before it; amounts in fen
create or replace temp table award_next as
with by_claim as (
    select
        seq,
        bool_or(kind = 'once' and used_fen > 0) as given_before,
        cast(sum(used_fen) filter (where kind = 'cumulative') as bigint) as taken_off_fen,
        min(greatest(0, limit_fen - used_fen)) filter (where kind = 'ceiling') as left_fen,
        min(code) filter (where kind = 'once' and used_fen > 0) as once_code
    from limit_use
    group by seq
),
due as (
    select
        award.*,
        by_claim.once_code as given_code,
        award.refusals is not null or coalesce(by_claim.given_before, false) as refused,
        greatest(0, award.computed_fen - coalesce(by_claim.taken_off_fen, 0)) as due_fen,
        by_claim.left_fen
    from award
    left join by_claim using (seq)
)
select
    seq, rule, refusals, reductions, computed_fen, refused, given_code, due_fen,
    case when refused then 0 when left_fen is null then due_fen else least(due_fen, left_fen) end as award_fen
from due;
