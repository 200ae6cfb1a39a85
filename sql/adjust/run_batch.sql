-- grain: one row per decided claim of a run, with what it says as it stands; what people closed is not computed
create or replace temp table incoming_claim as
with latest as (
    select adjusted.*
    from adjusted
    join decided_net using (claim_id, content)
    where decided_net.run = {{ run }}
    qualify row_number() over (partition by adjusted.claim_id order by adjusted.number desc) = 1
),
as_it_stands as (
    select decided_net.*, coalesce(latest.wan, cell.wan) as wan, coalesce(latest.cell, cell.raw) as raw
    from decided_net
    join {{ cell }} as cell using (claim_id)
    left join latest using (claim_id)
    where decided_net.run = {{ run }} and decided_net.rule is not null
{% if claimant %}
        and decided_net.claimant = {{ claimant | sql }}
{% endif %}
)
select {% for field in claims.field %}{{ field.column }}, {% endfor %}content, false as changed, file, line, wan, raw
from as_it_stands;

-- grain: the same: each is looked at as it stands
create or replace temp view batch as
select *, false as doubled, null::varchar as sticky from incoming_claim;

-- grain: none: whether a claim would be held is asked of those alone that come out otherwise
create or replace temp table held_code (seq bigint, code varchar);
