-- grain: one row per decided claim with an agreed adjustment, as the latest of these left it; `before` is the event before which it was agreed, none for all
select adjusted.*
from adjusted
join (
    select claim_id, max(number) as number
    from adjustment
    semi join adjusted using (claim_id, number)
    where action = 'agree'{% if before is not none %} and sequence < {{ before }}{% endif %}

    group by claim_id
) using (claim_id, number)
