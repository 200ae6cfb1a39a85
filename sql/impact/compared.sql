-- grain: one row per claim that is decided in the history as recorded (before), in the one under the change (after), or in both
-- amounts in fen; what only one history decided is null in the other, and has no difference; in_both: both decided it; changed: it is decided
-- otherwise, in another month, or only in one; shifted: one treasury bears more of it and another less
create or replace temp table compared as
with before_claim as (
    select decided.*, strftime(run.as_of, '%Y-%m') as month, bound_limit.limits
    from before.decided join before.run using (run) left join before.bound_limit using (claim_id)
),
after_claim as (
    select decided.*, strftime(run.as_of, '%Y-%m') as month, bound_limit.limits
    from after.decided join after.run using (run) left join after.bound_limit using (claim_id)
),
paired as (
    select
        claim_id,
        coalesce(before_claim.claimant, after_claim.claimant, '') as claimant,
        coalesce(before_claim.clause, after_claim.clause, '') as clause,
{% for side in ("before", "after") %}
        {{ side }}_claim.month as month_{{ side }},
        coalesce({{ side }}_claim.outcome, 'exception') as outcome_{{ side }},
        {{ side }}_claim.award_fen as award_{{ side }}_fen,
{% for treasury in treasuries %}
        {{ treasury }}_{{ side }}_fen,
{% endfor %}
        coalesce({{ side }}_claim.payee, '') as payee_{{ side }},
        coalesce({{ side }}_claim.reason_codes, '') as codes_{{ side }},
        coalesce({{ side }}_claim.limits, []) as limits_{{ side }},
{% endfor %}
    from (select * rename ({% for t in treasuries %}{{ t }}_fen as {{ t }}_before_fen{{ ", " if not loop.last }}{% endfor %}) from before_claim) as before_claim
    full join (select * rename ({% for t in treasuries %}{{ t }}_fen as {{ t }}_after_fen{{ ", " if not loop.last }}{% endfor %}) from after_claim) as after_claim
        using (claim_id)
)
select
    paired.*, coalesce(claimant_row.{{ payment.name }}, '') as name,
    award_after_fen - award_before_fen as difference_fen,
    month_before is not null and month_after is not null as in_both,
    ({% for t in treasuries %}{{ t }}_after_fen > {{ t }}_before_fen{{ " or " if not loop.last }}{% endfor %})
        and ({% for t in treasuries %}{{ t }}_after_fen < {{ t }}_before_fen{{ " or " if not loop.last }}{% endfor %}) as shifted,
    month_before is distinct from month_after or outcome_before <> outcome_after or award_before_fen is distinct from award_after_fen
{% for treasury in treasuries %}
        or {{ treasury }}_before_fen is distinct from {{ treasury }}_after_fen
{% endfor %}
        or payee_before <> payee_after or codes_before <> codes_after as changed
from paired
left join current_{{ payment.table }} as claimant_row on claimant_row.{{ key }} = paired.claimant;
