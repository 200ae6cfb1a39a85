-- grain: one row per claim of the batch: the new claims, and the held ones that are tried again; seq is the order of settling
create or replace temp table batch as
with retried as (
    select typed.*, held.content, false as doubled, false as changed, held.sticky
    from ({{ typed_held }}) as typed
    join held on held.claim_id = typed.claim_id and not held.changed
    where typed.claim_id not in (select claim_id from incoming_claim)
),
both_kinds as (
    select *, null::varchar as sticky from incoming_claim
    union all by name
    select * from retried
)
select row_number() over (order by submitted_on nulls last, claim_id) as seq, *
from both_kinds;
