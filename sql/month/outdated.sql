-- grain: one row per frozen decision of a month and fact that stood otherwise, when the month was closed, than the decision took it, or the latest of its
-- corrections that were agreed by then: what two people changed already is not told again
with corrected as (
    select adjustment.claim_id, max(adjustment.number) as number
    from adjustment
    semi join adjusted using (claim_id, number)
    join covered on covered.claim_id = adjustment.claim_id and covered.number = 0 and covered.month = {{ month | sql }}
    where adjustment.action = 'agree' and adjustment.sequence < covered.sequence
    group by adjustment.claim_id
),
taken as (
{% for source in steps %}
    select claim_id, kind, ordinal, name, value, value_text from {{ source }}
    where claim_id not in (select claim_id from corrected)
    union all
{% endfor %}
    select claim_id, kind, ordinal, name, value, value_text from adjusted_step
    semi join corrected using (claim_id, number)
)
select taken.claim_id, taken.ordinal, taken.name
from taken
join covered on covered.claim_id = taken.claim_id and covered.number = 0 and covered.month = {{ month | sql }}
where taken.kind = 'fact' and map_contains(covered.state, taken.name)
    and covered.state[taken.name] is distinct from coalesce(cast(taken.value as varchar), taken.value_text)
order by all
