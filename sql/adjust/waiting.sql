-- grain: one row per claim with an open proposal, and one per decided claim of which a changed row waits
select claim_id, true as is_proposed
from (
{% include "adjust/proposed.sql" %}
)
union all
select claim_id, false
from held
where changed
order by claim_id
