-- grain: one row per claim, treasury and place to which something is still to be paid back
select claim_id, treasury, place, cast(sum(case when debit = 'receivable' then amount_fen else -amount_fen end) as bigint) as owed_fen
from posting
where 'receivable' in (debit, credit)
group by claim_id, treasury, place
having owed_fen > 0
order by claim_id, treasury, place
