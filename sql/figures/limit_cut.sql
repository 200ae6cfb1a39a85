-- grain: one row per clause and step of a decision that a report is about: computed, carried from earlier years, what was given before (cumulative), or a limit that cut;
-- amounts in fen
-- amount_fen of a limit is what it cut, of cumulative what was taken off, so that for each clause computed + carried - both = awarded
with step as (
{% include "figures/amount_step.sql" %}
)
select
    coalesce(reported.clause, '') as clause, step.kind, step.name, count(*) as claims, cast(coalesce(sum(step.amount_fen), 0) as bigint) as amount_fen
from step
join reported on reported.claim_id = step.claim_id and reported.number = 0
group by all
order by all
