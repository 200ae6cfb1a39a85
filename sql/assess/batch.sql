-- grain: one row per claim of the batch: the new claims, and the held ones that are tried again
create or replace temp view batch as
select *, null::varchar as sticky from incoming_claim
union all by name
select typed.*, held.content, false as doubled, false as changed, held.sticky
from ({{ typed_held }}) as typed
join held on held.claim_id = typed.claim_id and not held.changed
where typed.claim_id not in (select claim_id from incoming_claim);
