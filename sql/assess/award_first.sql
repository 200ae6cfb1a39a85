-- grain: one row per claim that is settled; the first guess: what each would get if it were the only one
create or replace temp table award as
{% for rule in rules %}
select
    seq, {{ rule.number }} as rule_number, refusals, reductions, computed_fen, computed_fen as computed_before_fen, case when refusals is null then computed_fen else 0 end as award_fen,
    case when refusals is null then computed_fen else 0 end as entitled_fen, 0::bigint as carry_fen
from {{ rule.table }}
{{ "union all" if not loop.last }}
{% endfor %};

-- grain: one row per claim whose award may have to change: at first all
create or replace temp table unsettled as
select seq from award;
