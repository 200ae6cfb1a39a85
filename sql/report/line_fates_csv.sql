-- grain: one line per line of every file taken in
select concat_ws(',', workbook_cell(file), cast(line as varchar), fate, workbook_cell(claim_id), workbook_cell(reason)) as line
from {{ source }} as fates
order by file_order, fates.line
