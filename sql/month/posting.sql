-- grain: one row per decision that an approval posts and treasury that bears some of it: the award is an expense, and owed
select
    date '{{ approved_on }}' as posted_on, share.treasury, share.place, {{ approved_on.year }} as year, 'awarded' as debit, 'payable' as credit,
    share.share_fen as amount_fen, share.claim_id, null::varchar as payment_id, {{ says | sql }} as says
from month_share as share
join covered using (sequence, month, claim_id, number)
where share.month = {{ month | sql }} and not covered.left_out and share.number = 0
order by share.claim_id, share.number, share.treasury
