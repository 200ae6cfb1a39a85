-- grain: one row per settled claim and limit that worked on it: the amount before and after it in fen, and what it allows, what was used of that and
-- what remains in the unit that its pool counts: fen, or pieces
-- kind: once, cumulative, ceiling, highest
select
    decision.claim_id, decision.rule, limit_step.ordinal, limit_step.kind, limit_step.name, limit_step.before_fen, limit_step.after_fen,
    limit_step.allowed, limit_step.used, limit_step.remaining, limit_step.otherwise_fen, limit_step.bound
from limit_step
join decision using (seq)
where not limit_step.refused or (limit_step.kind = 'once' and limit_step.bound)
{% if in_order %}
order by claim_id, ordinal
{% endif %}
