-- grain: one row per claim that is compared with one of an earlier run which is awarded something in one of the two histories only, so that
-- whether it is held may differ
with turned as (
    select before_claim.*
    from {{ before }}.decided as before_claim
    join decided as after_claim using (claim_id)
    where (before_claim.award_fen > 0) <> (after_claim.award_fen > 0)
)
{% for case in cases if case.peer %}
select fact.claim_id
from run_fact as fact
join turned as other on other.run < fact.run and other.claim_id <> fact.claim_id
where {{ case.condition }} and {{ case.peer }}
union
{% endfor %}
select null where false
