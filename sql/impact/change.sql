-- grain: one row per claim that changes, the greatest difference first; amounts in fen
select
    claim_id, claimant, name, clause, difference_fen
{% for side in ("before", "after") %}
    , month_{{ side }}, outcome_{{ side }}, award_{{ side }}_fen, codes_{{ side }}, array_to_string(limits_{{ side }}, '、') as limits_{{ side }}
{% endfor %}
from compared
where changed
order by abs(difference_fen) desc, claim_id
limit {{ most }}
