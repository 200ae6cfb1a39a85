-- grain: one row per frozen decision and treasury that bears something of it
{% for treasury in treasuries %}
select {{ month | sql }} as month, claim_id, number, '{{ treasury }}' as treasury, treasury_places[{{ loop.index }}] as place, {{ treasury }}_fen as share_fen
from frozen
where {{ treasury }}_fen > 0
{{ "union all" if not loop.last }}
{% endfor %}
order by claim_id, number, treasury
