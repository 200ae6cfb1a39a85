-- grain: one row per month that was closed, as it stood after an act: its latest close, and the approval of it, if any
create or replace temp table current_close as
with latest as (
    select * from month
    where sequence <= {{ until }}
    qualify row_number() over (partition by month order by sequence desc) = 1
)
select
    latest.*, approval.sequence as approved, approval.minutes, approval.person as approver, approval.approved_on
from latest
left join (select * from approval where sequence <= {{ until }}) as approval using (month);
