-- grain: one row per treasury and place that bears something of what the runs of a year decided until one of them; amounts in fen
{% for treasury in treasuries %}
select '{{ treasury }}' as treasury, treasury_places[{{ loop.index }}] as place, sum({{ treasury }}_fen) as borne_fen
from decided
where run <= $run and run in (select run from run where year(as_of) = $year)
group by all
{{ "union all" if not loop.last }}
{% endfor %}
