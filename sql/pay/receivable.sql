-- grain: one row per treasury and place to which something of a claim is still to be paid back
select treasury, place, cast(sum(case when debit = 'receivable' then amount_fen else -amount_fen end) as bigint) as owed_fen
from posting
where claim_id = {{ claim_id | sql }} and 'receivable' in (debit, credit)
group by treasury, place
having owed_fen > 0
order by treasury, place
