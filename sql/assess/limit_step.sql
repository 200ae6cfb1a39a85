-- grain: one row per settled claim and limit: the amount before and after it, whether it bound, and what the other limits
-- would have given without it; amounts in fen
create or replace temp table limit_step as
with limit_text (limit_number, name, code) as (
    values
{% for _, limit in limits %}
    ({{ loop.index }}, {{ limit.name | sql }}, {{ limit.code | sql }}){{ "," if not loop.last }}
{% else %}
    (0, '', '')
{% endfor %}
),
ceiling_room as (
    select limit_use.*, award_next.due_fen, award_next.payable_fen, award_next.refused, award_next.entitled_fen, award_next.others_fen, award_next.award_fen
    from limit_use
    join award_next using (seq)
    where kind not in ('own', 'counted')
),
-- by the claims with several ceilings only
beside as (
    select
        mine.seq, mine.ordinal, min(other.room_fen) as others_room_fen,
        min(other.room_fen) filter (where other.ordinal < mine.ordinal) as earlier_room_fen
    from ceiling_room as mine
    join ceiling_room as other on other.seq = mine.seq and other.ordinal <> mine.ordinal
    where mine.kind = 'ceiling' and other.kind = 'ceiling'
    group by mine.seq, mine.ordinal
),
chained as (
    select
        ceiling_room.*,
        case
            when kind = 'ceiling' then least(payable_fen, coalesce(earlier_room_fen, payable_fen))
            when kind = 'highest' then entitled_fen
            else computed_fen
        end as before_fen,
        least(due_fen, coalesce(earlier_room_fen, due_fen)) as own_before_fen,
        case
            when kind = 'ceiling' then greatest(0, least(payable_fen, coalesce(others_room_fen, payable_fen)) - others_fen)
            when kind = 'highest' then entitled_fen
        end as otherwise_fen
    from ceiling_room
    join (select seq, computed_fen from award) using (seq)
    left join beside using (seq, ordinal)
)
select
    seq, ordinal, kind, limit_text.name, limit_text.code, refused, allowed, case when kind = 'highest' then others_fen else used end as used, remaining, before_fen, otherwise_fen,
    case kind
        when 'ceiling' then least(before_fen, coalesce(room_fen, before_fen)) when 'cumulative' then due_fen when 'highest' then award_fen else before_fen
    end as after_fen,
    case kind
        when 'ceiling' then own_before_fen > coalesce(room_fen, own_before_fen) when 'once' then used > 0 when 'highest' then award_fen < entitled_fen
        else used <> 0
    end as bound
from chained
join limit_text using (limit_number);
