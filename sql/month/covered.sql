-- grain: one row per decision that the latest close of a month froze
-- left_out: an objection that is not dismissed keeps it out of the notice, and out of the approval if it stood then
create or replace temp table covered as
with objected as (
    select frozen.month, frozen.claim_id, frozen.number, objection.action
    from current_close as closed
    join month_claim as frozen using (sequence, month)
    join objection on objection.claim_id = frozen.claim_id and objection.number = frozen.number
        and objection.sequence <= coalesce(closed.approved, {{ until }})
    qualify row_number() over (partition by frozen.month, frozen.claim_id, frozen.number order by objection.sequence desc) = 1
)
select
    frozen.*, closed.approved is not null as is_approved, coalesce(objected.action in ('raise', 'uphold'), false) as left_out, objected.action as objection
from current_close as closed
join month_claim as frozen using (sequence, month)
left join objected using (month, claim_id, number);
