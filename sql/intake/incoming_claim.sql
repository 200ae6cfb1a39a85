-- grain: one row per claim id of the run: its last line that is no duplicate, typed
create or replace temp table incoming_claim as
with shown as (
    {{ compared }}
)
select
    shown.* exclude (key_content),
    coalesce(repeated_line.doubled, false) as doubled,
    shown.claim_id in (select claim_id from decided_net semi join repeated_id using (claim_id)) as changed
from shown
left join repeated_line using (file_order, line);
