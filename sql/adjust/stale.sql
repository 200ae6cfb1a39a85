-- grain: one row per row of a proposal, or of what the facts give now, that the other has not
with proposed as (
    select * exclude (sequence, file, line) from adjusted where claim_id = {{ claim_id | sql }} and number = {{ number }}
),
now as (
    select * exclude (file, line) from adjusted_now
),
proposed_step as (
    select * exclude (sequence, file, line) from adjusted_step where claim_id = {{ claim_id | sql }} and number = {{ number }}
),
step_now as (
    select * exclude (file, line) from adjusted_step_now
)
select claim_id from (table proposed except table now)
union all
select claim_id from (table now except table proposed)
union all
select claim_id from (table proposed_step except table step_now)
union all
select claim_id from (table step_now except table proposed_step)
