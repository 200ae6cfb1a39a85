-- grain: one row per decided claim: its cells as they were received, and the fields of those that stood under a header in 万元
select fact.claim_id, fact.raw, fact.wan
from fact
semi join decision using (seq)
order by fact.claim_id
