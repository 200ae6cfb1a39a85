-- grain: one row per unsettled claim: its award, given what the accounts of its limits had given before it; amounts in fen
create or replace temp table award_next as
with by_claim as (
    select
        seq,
        coalesce(bool_or(kind = 'once' and used > 0), false) as given_before,
        coalesce(cast(sum(used) filter (where kind = 'cumulative') as bigint), 0) as taken_off_fen,
        min(room_fen) as room_fen
    from limit_use
    group by seq
),
due as (
    select
        award.seq, award.award_fen as award_before_fen,
        award.refusals is not null or coalesce(by_claim.given_before, false) as refused,
        greatest(0, award.computed_fen - coalesce(by_claim.taken_off_fen, 0)) as due_fen,
        by_claim.room_fen
    from award
    semi join unsettled using (seq)
    left join by_claim using (seq)
)
select
    seq, award_before_fen, refused, due_fen,
    case when refused then 0 when room_fen is null then due_fen else least(due_fen, room_fen) end as award_fen
from due;
