-- grain: one row per claim that a filled workbook returns for a supplement: it gets a letter
select distinct claim_id, 0 as number, claim_id as letter_id, 'supplement' as kind
from filled_row
where action = 'return'
