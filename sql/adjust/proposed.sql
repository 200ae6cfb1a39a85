-- grain: one row per claim with an open proposal
select claim_id
from adjustment
group by claim_id, number
having arg_max(action, sequence) = 'propose'
