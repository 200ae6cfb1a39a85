-- grain: one row per claim with an open proposal, and one per decided claim of which a changed row waits
select claim_id, true as is_proposed
from (select claim_id, number, arg_max(action, sequence) as action from adjustment group by claim_id, number)
where action = 'propose'
union all
select claim_id, false
from held
where changed
order by claim_id
