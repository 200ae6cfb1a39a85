-- grain: one line per held claim and code
select concat_ws(',',
    workbook_cell(claim_id), workbook_cell(claimant), workbook_cell(name), workbook_cell(clause), code,
    workbook_cell(field), workbook_cell(raw_value), workbook_cell(file), cast(line as varchar), workbook_cell(message_zh), workbook_cell(message_en)
) as line
from {{ source }}
order by claim_id, code
