-- grain: one row per claim that is settled: what rules that ask what their pools gave before compute now; awards are as they were
create or replace temp table {{ award }} as
with computed_again as (
{% for rule in rules %}
    select seq, refusals, reductions, computed_fen from {{ rule.table }}
{{ "    union all" if not loop.last }}
{% endfor %}
)
select
    settled.* exclude (refusals, reductions, computed_fen),
    case when computed_again.seq is null then settled.refusals else computed_again.refusals end as refusals,
    case when computed_again.seq is null then settled.reductions else computed_again.reductions end as reductions,
    case when computed_again.seq is null then settled.computed_fen else computed_again.computed_fen end as computed_fen
from {{ award }} as settled
left join computed_again using (seq);
