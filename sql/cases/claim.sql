-- grain: one row per trial claim, and per claim that stands before one
create or replace temp table incoming_claim as
select *, '' as content, false as doubled, false as changed
from ({{ typed }});
