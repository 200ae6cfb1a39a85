-- grain: one row per closed month of a year until a month: decisions, what was awarded, and by which treasury; amounts in fen
-- adjustments are in the amounts, and no decisions; what an objection keeps out is in neither
with share as (
    select
        sequence, claim_id, number
{% for treasury in treasuries %}
        , sum(share_fen) filter (treasury = '{{ treasury }}') as {{ treasury }}_fen
{% endfor %}
    from month_share
    group by all
)
select
    covered.month, count(*) filter (covered.number = 0), cast(sum(covered.award_fen) as bigint)
{% for treasury in treasuries %}
    , cast(coalesce(sum(share.{{ treasury }}_fen), 0) as bigint)
{% endfor %}
from covered
left join share using (sequence, claim_id, number)
where not covered.left_out and covered.month between $first and $month
group by covered.month
order by covered.month
