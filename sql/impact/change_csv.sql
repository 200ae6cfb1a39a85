-- grain: one line per claim that changes; what a history did not decide is empty
select concat_ws(',',
    workbook_cell(claim_id), workbook_cell(claimant), workbook_cell(name), workbook_cell(clause), coalesce(month_before, ''), coalesce(month_after, ''),
    outcome_before, outcome_after, coalesce(yuan_text(award_before_fen), ''), coalesce(yuan_text(award_after_fen), ''),
    coalesce(yuan_text(difference_fen), ''),
{% for treasury in treasuries %}
    coalesce(yuan_text({{ treasury }}_before_fen), ''), coalesce(yuan_text({{ treasury }}_after_fen), ''),
{% endfor %}
    codes_before, codes_after, array_to_string(limits_before, ';'), array_to_string(limits_after, ';')
) as line
from compared
where changed
order by claim_id
