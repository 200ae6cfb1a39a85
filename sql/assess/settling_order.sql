-- grain: one row per claim of the batch; seq is the order of settling. By itself: sorting whole rows costs far more than joining them
create or replace temp table settling_order as
select claim_id, row_number() over (order by submitted_on nulls last, claim_id) as seq
from batch;
