-- grain: one row per claim: what it was computed and awarded as it stands, for the claims after it to count
create or replace temp table award as
select
    computed_now.seq, computed_now.rule_number, computed_now.refusals, computed_now.reductions, coalesce(decided_net.computed_fen, 0) as computed_fen,
    coalesce(decided_net.computed_fen, 0) as computed_before_fen, decided_net.award_fen, decided_net.entitled_fen, decided_net.carry_fen
from computed_now
join fact using (seq)
join "{{ policy }}".decided_net as decided_net using (claim_id);

-- grain: the same
create or replace temp table unsettled as
select seq from award;
