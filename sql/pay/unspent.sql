-- grain: one row per treasury, place and year: what is left of its appropriation, neither reserved nor paid
select treasury, place, year, cast(sum(case when debit = 'appropriation' then amount_fen else -amount_fen end) as bigint) as left_fen
from posting
where 'appropriation' in (debit, credit)
group by treasury, place, year
