-- grain: one row per claim that others may be compared with when each is looked at alone: of its run those that stand as awarded (a claim is compared
-- with the ones before it), and before it (seq -1) what stands of earlier runs
create or replace temp table peer as
select seq, {{ claims.field | map(attribute="column") | join(", ") }}
from fact
semi join (select claim_id from "{{ policy }}".decided_net where award_fen > 0) as awarded using (claim_id)
union all
select -1 as seq, {{ claims.field | map(attribute="column") | join(", ") }}
from decided_net
where award_fen > 0;

-- grain: as before, without the claims that come out as they stand
delete from fact where claim_id not in ({{ claim_ids | map("sql") | join(", ") }});
