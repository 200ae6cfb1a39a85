-- grain: one row per decision or adjustment that a month froze and no objection keeps out; amounts in fen
create or replace temp view reported as
select
    covered.claim_id, covered.number, covered.run, covered.clause, covered.outcome, covered.award_fen, covered.reason_codes, covered.breakdowns
{% for treasury in treasuries %}
    , coalesce({{ treasury }}.share_fen, 0) as {{ treasury }}_fen
{% endfor %}
from covered
{% for treasury in treasuries %}
left join month_share as {{ treasury }}
    on {{ treasury }}.sequence = covered.sequence and {{ treasury }}.claim_id = covered.claim_id and {{ treasury }}.number = covered.number
    and {{ treasury }}.treasury = '{{ treasury }}'
{% endfor %}
where covered.month = {{ month | sql }} and not covered.left_out
