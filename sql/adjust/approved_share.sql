-- grain: one row per adjustment that is approved, treasury and place whose share it changes; amounts in fen
create or replace temp table approved_share as
select share.claim_id, share.number, share.treasury, share.place, share.share_fen, adjustment.payee
from adjustment_share as share
join adjustment on adjustment.claim_id = share.claim_id and adjustment.number = share.number and adjustment.action = 'agree'
semi join ({{ adjustments }}) as approved on approved.claim_id = share.claim_id and approved.number = share.number;

-- grain: one row per share that rises: it is owed as a whole
create or replace temp table supplementary_payable as
select claim_id, number, 1 as instalment, treasury, place, payee, date '{{ due_on }}' as due_on, share_fen as amount_fen
from approved_share
where share_fen > 0;
