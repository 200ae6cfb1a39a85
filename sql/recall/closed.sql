-- grain: one row per recalled claim that people had closed: it stays closed, whatever the policy would say
create or replace temp table closed as
select fact.seq, decided.reason_codes as reason_code
from fact
join {{ decided }} as decided using (claim_id)
where decided.rule is null;
