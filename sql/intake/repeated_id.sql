-- grain: one row per claim id that more than one line bears, or that was decided or held before
create or replace temp table repeated_id as
with line as (
    select claim_id from {{ lines }}
)
select claim_id from line group by claim_id having count(*) > 1
union
(select claim_id from decided_net semi join line using (claim_id))
union
(select claim_id from held semi join line using (claim_id));
