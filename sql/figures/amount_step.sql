-- grain: one row per claim and step that moves its amount: computed, carried from earlier years, given before and taken off (cumulative), or a limit that cut
-- it or refused it; amounts in fen, of a limit what it cut. What was refused before anything was computed had nothing to be cut
with step as (
{% for source in steps %}
    select
        claim_id, ordinal, kind, name,
        case when kind in ('computed', 'carried') then value when kind = 'once' then before_fen else before_fen - value end as amount_fen
    from {{ source }}
    where kind in ('computed', 'carried') or (bound and kind in ('once', 'cumulative', 'ceiling', 'highest'))
    {{ "union all" if not loop.last }}
{% else %}
    select null::varchar as claim_id, null::integer as ordinal, null::varchar as kind, null::varchar as name, null::bigint as amount_fen where false
{% endfor %}
)
select * from step
where kind <> 'once' or claim_id in (select claim_id from step where kind = 'computed')
