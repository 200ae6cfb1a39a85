-- grain: one row per treasury and place that bears something of the months of a year closed until a month, adjustments included; amounts in fen
select month_share.treasury, month_share.place, sum(month_share.share_fen) as borne_fen
from month_share
join covered using (sequence, claim_id, number)
where not covered.left_out and covered.month between $first and $month
group by all
