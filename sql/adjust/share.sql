-- grain: one row per treasury and place that bears something of the claim before the adjustment or after it; amounts in fen
with share as (
{% for treasury in treasuries %}
    select '{{ treasury }}' as treasury, {{ loop.index }} as ordinal, treasury_places[{{ loop.index }}] as place, {{ treasury }}_fen as before_fen, 0 as after_fen
    from {{ before }}
    union all
    select '{{ treasury }}', {{ loop.index }}, treasury_places[{{ loop.index }}], 0, {{ treasury }}_fen
    from {{ after }}
    {{ "union all" if not loop.last }}
{% endfor %}
)
select treasury, place, cast(sum(before_fen) as bigint) as before_fen, cast(sum(after_fen) as bigint) as after_fen
from share
group by treasury, place, ordinal
having sum(before_fen) <> 0 or sum(after_fen) <> 0
order by ordinal, place
