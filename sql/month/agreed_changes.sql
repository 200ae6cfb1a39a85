-- grain: one row per claim with adjustments of an effect on money that two people agreed on: by what each of them changes the award, in order
select adjustment.claim_id, string_agg(yuan_text(award_fen) || '元', '、' order by number) as changes
from adjustment
semi join adjustment_share using (claim_id, number)
where action = 'agree'
group by claim_id
