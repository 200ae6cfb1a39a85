-- grain: one row per agreed adjustment that moves money and has no letter yet, and whose claim has its own letter, or gets it now
create or replace temp table open_adjustment as
select adjustment.claim_id, adjustment.number
from adjustment
semi join adjustment_share using (claim_id, number)
where adjustment.action = 'agree' and adjustment.acted_on <= date '{{ last_day }}'
    and (claim_id, number) not in (select (claim_id, number) from issued_letter where kind <> 'supplement')
    and (
        claim_id in (select claim_id from issued_letter where number = 0 and kind <> 'supplement')
        or claim_id in (select claim_id from ({{ decisions }}))
    );
