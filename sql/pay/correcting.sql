-- grain: one row per claim of which a correction is proposed, or agreed and without its letter yet: how much of it is owed is not settled
{% include "adjust/proposed.sql" %}
union
select claim_id
from adjustment
semi join adjustment_share using (claim_id, number)
anti join (from issued_letter where kind <> 'supplement') as letter using (claim_id, number)
where action = 'agree'
