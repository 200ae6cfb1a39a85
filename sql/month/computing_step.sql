-- grain: one row per frozen decision of a month and step of it that a table for signature tells: what was computed before any limit (kind computed), what
-- was given before and taken off (cumulative), or a limit that cut it or refused it; amounts in fen
-- what was refused before anything was computed has no such amount and nothing to be cut
with step as (
{% for source in steps %}
    select claim_id, ordinal, kind, name, case when kind = 'computed' then value when kind = 'once' then before_fen else before_fen - value end as amount_fen
    from {{ source }}
    where kind = 'computed' or (bound and kind in ('once', 'cumulative', 'ceiling', 'highest'))
    {{ "union all" if not loop.last }}
{% else %}
    select null::varchar as claim_id, null::integer as ordinal, null::varchar as kind, null::varchar as name, null::bigint as amount_fen where false
{% endfor %}
)
select claim_id, ordinal, kind, name, amount_fen
from step
where claim_id in (select claim_id from covered where month = {{ month | sql }}) and (kind <> 'once' or claim_id in (select claim_id from step where kind = 'computed'))
order by claim_id, ordinal
