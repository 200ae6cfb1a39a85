-- grain: one row per claim of the batch and code that was recorded and does not hold now, or holds now and was not recorded
with now as (
    select fact.claim_id, held_code.code from held_code join fact using (seq)
),
before as (
    select claim_id, code from {{ recorded }} semi join fact using (claim_id)
)
select claim_id, code from now anti join before using (claim_id, code)
union all
select claim_id, code from before anti join now using (claim_id, code)
