-- grain: one row per claim of which something that must be known is not, and which the run did not hold for that
select distinct fact.claim_id
from held_code
join fact using (seq)
where held_code.code = {{ code | sql }}
    and fact.claim_id not in (select claim_id from {{ recorded }} where code = {{ code | sql }});
