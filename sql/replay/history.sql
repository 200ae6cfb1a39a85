-- grain: one row per claim that waits in the record, so that what a run took in can be told from what it tried again
create or replace temp table recorded_waiting (claim_id varchar, content varchar);

-- grain: one row per decided claim that a limit bound: the titles of these limits, in the order in which they work
create table bound_limit (claim_id varchar, limits varchar[]);
