-- grain: one row per row of a filled workbook that is taken in, as `ruling` has it
select
    claim_id, code, content, action, reason, {{ person | sql }} as person, date '{{ day }}' as ruled_on,
    case when action = 'return' then date '{{ answer_by }}' end as answer_by,
    nullif(amount, '') as amount, {{ file | sql }} as file, {{ sha256 | sql }} as file_sha256, line
from filled_row
order by claim_id, code
