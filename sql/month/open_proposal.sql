-- grain: one row per claim that the close of a month froze, that no objection keeps out, and of which a proposal is neither agreed to nor dropped
select distinct claim_id
from covered
join (
{% include "adjust/proposed.sql" %}
) using (claim_id)
where covered.month = {{ month | sql }} and not covered.left_out
order by claim_id
