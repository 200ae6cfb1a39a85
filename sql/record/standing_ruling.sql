-- grain: one row per claim of the batch and code that a ruling stood on when the run was made
select * exclude (seq) from standing_ruling
order by claim_id, code
