-- grain: one row per adjustment that the close of a month freezes: agreed by its last day, as all before it of its claim, of an effect on money,
-- without a letter yet, and not kept out; its claim has its own letter, or is frozen with it
create or replace temp table chosen_adjustment as
with agreed as (
    select claim_id, number, max(acted_on) over (partition by claim_id order by number) as through_on
    from adjustment
    semi join adjustment_share using (claim_id, number)
    where action = 'agree'
)
select claim_id, number
from agreed
where through_on <= date '{{ last_day }}'
    and claim_id not in (select claim_id from kept_out)
    and (claim_id, number) not in (select (claim_id, number) from issued_letter where kind <> 'supplement')
    and (
        claim_id in (select claim_id from issued_letter where number = 0 and kind <> 'supplement')
        or claim_id in (select claim_id from chosen)
    );
