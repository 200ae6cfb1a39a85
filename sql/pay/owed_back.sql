-- grain: one row per claim, treasury, place and payee who still has to pay something back
select claim_id, treasury, place, payee, cast(sum(case when debit = 'receivable' then amount_fen else -amount_fen end) as bigint) as owed_fen,
    min(posted_on) as since
from posting
where 'receivable' in (debit, credit)
group by claim_id, treasury, place, payee
having owed_fen > 0
order by claim_id, treasury, place, payee
