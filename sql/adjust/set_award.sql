-- grain: one row per claim: the award that a person set, whatever the policy gives; nothing of it is carried
create or replace temp table award_next as
select seq, false as computed_anew, 0 as award_before_fen, 0 as entitled_before_fen, 0 as carry_before_fen, {{ award_fen }} = 0 as refused, due_fen, carried_fen,
    {{ award_fen }}::bigint as payable_fen, {{ award_fen }}::bigint as entitled_fen, 0::bigint as others_fen, {{ award_fen }}::bigint as award_fen, 0::bigint as carry_fen
from award_next;
