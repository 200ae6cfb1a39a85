-- grain: one row per claim that changes, the greatest difference of any share first, and after all of them what only one history decides; amounts in
-- fen; moved: what each treasury bears more, where it is more for one and less for another; else empty
select
    claim_id, claimant, name, clause, difference_fen,
    case when shifted then [{% for t in treasuries %}{{ t }}_after_fen - {{ t }}_before_fen{{ ", " if not loop.last }}{% endfor %}] else [] end as moved
{% for side in ("before", "after") %}
    , month_{{ side }}, outcome_{{ side }}, award_{{ side }}_fen, codes_{{ side }}, array_to_string(limits_{{ side }}, '、') as limits_{{ side }}
{% endfor %}
from compared
where changed
order by
    in_both desc,
    greatest({% for t in treasuries %}abs({{ t }}_after_fen - {{ t }}_before_fen), {% endfor %}abs(difference_fen)) desc,
    coalesce(award_before_fen, award_after_fen) desc, claim_id
limit {{ most }}
