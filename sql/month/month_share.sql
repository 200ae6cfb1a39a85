-- grain: one row per frozen decision or adjustment and treasury that bears something of it, or whose share it changes
{% for treasury in treasuries %}
select {{ month | sql }} as month, claim_id, number, '{{ treasury }}' as treasury, treasury_places[{{ loop.index }}] as place, {{ treasury }}_fen as share_fen
from frozen
where {{ treasury }}_fen > 0
union all
{% endfor %}
select {{ month | sql }}, claim_id, number, treasury, place, share_fen
from adjustment_share
semi join chosen_adjustment using (claim_id, number)
order by claim_id, number, treasury, place
