-- grain: one row per claim and pool of its own clause: what the pool gave before it, in the unit that it counts, and of a pool of years the first
create or replace temp table asked as
select * from asked
where asked_seq not in (select seq from unsettled)
union all
select distinct seq as asked_seq, pool as pool_id, used, first_year
from limit_use
where kind = 'counted';
