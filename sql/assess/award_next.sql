-- grain: one row per unsettled claim: its award, given what the accounts of its limits had given before it; amounts in fen
-- due_fen is the claim's own, payable_fen with what earlier years carried to it; entitled_fen is what its limits leave of that, others_fen what of it
-- other items had, of which only the highest is given; carry_fen is what is carried to later years (above zero) or used of what was carried (below zero)
create or replace temp table award_next as
with by_claim as (
    select
        seq,
        coalesce(bool_or(kind = 'once' and used > 0), false) as given_before,
        coalesce(cast(sum(used) filter (where kind = 'cumulative') as bigint), 0) as taken_off_fen,
        greatest(0, coalesce(cast(sum(used) filter (where kind = 'highest') - sum(used) filter (where kind = 'own') as bigint), 0)) as others_fen,
        min(room_fen) as room_fen,
        min(room_fen) filter (where carry_years > 0) as carry_room_fen
    from limit_use
    group by seq
),
due as (
    select
        award.seq, award.computed_fen is distinct from award.computed_before_fen as computed_anew, award.award_fen as award_before_fen, award.entitled_fen as entitled_before_fen, award.carry_fen as carry_before_fen,
        award.refusals is not null or coalesce(by_claim.given_before, false) as refused,
        greatest(0, award.computed_fen - coalesce(by_claim.taken_off_fen, 0)) as due_fen,
        {{ "coalesce(carried.carried_fen, 0)" if carries else "0::bigint" }} as carried_fen,
        by_claim.room_fen, by_claim.carry_room_fen, coalesce(by_claim.others_fen, 0) as others_fen
    from award
{% if not whole %}
    semi join unsettled using (seq)
{% endif %}
    left join by_claim using (seq)
{% if carries %}
    left join carried using (seq)
{% endif %}
),
entitled as (
    select
        *,
        due_fen + carried_fen as payable_fen,
        case when refused then 0 when room_fen is null then due_fen + carried_fen else least(due_fen + carried_fen, room_fen) end as entitled_fen
    from due
)
select
    seq, computed_anew, award_before_fen, entitled_before_fen, carry_before_fen, refused, due_fen, carried_fen, payable_fen, entitled_fen, others_fen,
    greatest(0, entitled_fen - others_fen) as award_fen,
    case
        when refused or carry_room_fen is null then 0
        when due_fen > carry_room_fen then due_fen - carry_room_fen
        else least(0, due_fen - entitled_fen)
    end as carry_fen
from entitled;
