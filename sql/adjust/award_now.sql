-- grain: one row per claim: what it is computed now, beside what it was awarded
create or replace temp table award as
select award.* replace (computed_now.computed_fen as computed_fen)
from award
join computed_now using (seq);
