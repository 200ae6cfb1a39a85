-- grain: one row per month that was closed, as it stood after an act: its latest close, and the approval of it, if any
-- before: of this month only the one closed before it
-- bearing: the sequence of the last act that bears on its documents: the approval, or the latest objection to what it froze, or the close
create or replace temp table current_close as
with latest as (
    select * from month
    where sequence <= {{ until }}
    {{ "and month = (select max(month) from month where sequence <= " ~ until ~ " and month < " ~ before | sql ~ ")" if before }}
    qualify row_number() over (partition by month order by sequence desc) = 1
),
objected as (
    select frozen.sequence, max(objection.sequence) as latest
    from month_claim as frozen
    join objection on objection.claim_id = frozen.claim_id and objection.number >= frozen.number
        and objection.sequence between frozen.sequence and {{ until }}
    group by frozen.sequence
)
select
    latest.*, coalesce(approval.sequence, objected.latest, latest.sequence) as bearing, approval.sequence as approved, approval.minutes, approval.person as approver, approval.approved_on
from latest
left join (select * from approval where sequence <= {{ until }}) as approval using (month)
left join objected on objected.sequence = latest.sequence;
