-- grain: one row per trial claim, and per claim that stands before one
create or replace temp table incoming_claim as
select *, '' as content, false as doubled, false as changed
from ({{ typed }});

-- grain: none: what a trial is compared with is as invented as the trial
create or replace temp table other_claim (seq bigint, code varchar, claim_id varchar, file varchar, line bigint);
