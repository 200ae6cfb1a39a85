-- grain: one row per frozen decision of a month and limit that cut it, or refused it; amounts in fen
{% for source in steps %}
select claim_id, ordinal, kind, name, before_fen - value as cut_fen
from {{ source }}
where bound and kind in ('once', 'cumulative', 'ceiling', 'highest') and claim_id in (select claim_id from covered where month = {{ month | sql }})
{{ "union all" if not loop.last }}
{% else %}
select null as claim_id, null as ordinal, null as kind, null as name, null as cut_fen where false
{% endfor %}
order by claim_id, ordinal
