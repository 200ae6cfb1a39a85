-- grain: one row per decision or adjustment that the close of a month froze, with what each treasury bears of it; amounts in fen
select
    covered.* exclude (state), covered.state['claimant:changed_claim'] is not null as has_changed_claim
{% for treasury in treasuries %}
    , coalesce({{ treasury }}.share_fen, 0) as {{ treasury }}_fen, {{ treasury }}.place as {{ treasury }}_place
{% endfor %}
from covered
{% for treasury in treasuries %}
left join month_share as {{ treasury }}
    on {{ treasury }}.sequence = covered.sequence and {{ treasury }}.claim_id = covered.claim_id and {{ treasury }}.number = covered.number
    and {{ treasury }}.treasury = '{{ treasury }}'
{% endfor %}
where covered.month = {{ month | sql }}
order by covered.letter_id
