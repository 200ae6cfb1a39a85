-- grain: one row per decision or adjustment that the latest close of a month froze
-- left_out: an objection raised since the close, and not dismissed, keeps it out of the notice, and out of the approval if it stood then; what is
-- objected to is all of a claim up to the number of the objection
create or replace temp table covered as
with objected as (
    select frozen.month, frozen.claim_id, frozen.number, objection.action
    from current_close as closed
    join month_claim as frozen using (sequence, month)
    join objection on objection.claim_id = frozen.claim_id and objection.number >= frozen.number
        and objection.sequence between closed.sequence and coalesce(closed.approved, {{ until }})
    qualify row_number() over (partition by frozen.month, frozen.claim_id, frozen.number order by objection.sequence desc) = 1
)
select
    frozen.*, letter_id(frozen.claim_id, frozen.number) as letter_id, closed.approved is not null as is_approved,
    coalesce(objected.action in ('raise', 'uphold'), false) as left_out, objected.action as objection
from current_close as closed
join month_claim as frozen using (sequence, month)
left join objected using (month, claim_id, number);
