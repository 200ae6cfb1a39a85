-- grain: one row: what the claim is by the facts as they are now, or with the award that a person set; amounts in fen
create or replace temp table adjusted_now as
select
    {{ number }} as number, date '{{ as_of }}' as as_of, fact.wan, fact.raw as cell,
    decided.* exclude (run) replace (coalesce(decided.computed_fen, 0) as computed_fen)
from ({{ decided }}) as decided
join fact using (claim_id);

-- grain: one row per step that led to it; what led to another award than a person set is not kept
create or replace temp table adjusted_step_now as
select {{ number }} as number, *
from ({{ step }})
{% if set_by_person %}
where kind in ('fact', 'value', 'band')
{% endif %};
