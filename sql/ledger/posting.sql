-- grain: one row per posting, by day and act; place_number counts a treasury's places as they first came up, so that later postings change none
with first_posting as (
    select treasury, place, row_number() over (partition by treasury order by min(sequence), place) as place_number
    from posting
    where place <> ''
    group by treasury, place
)
select
    posting.sequence, posting.posted_on, posting.treasury, posting.place, coalesce(place_number, 0) as place_number, posting.year, posting.debit,
    posting.credit, posting.amount_fen, posting.claim_id, posting.payment_id, posting.says
from posting
left join first_posting using (treasury, place)
order by
    posted_on, sequence, posting.payment_id nulls first, posting.claim_id, posting.treasury, posting.place, posting.debit, posting.credit, amount_fen
