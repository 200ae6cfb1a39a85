-- grain: one row per adjustment that the close of a month freezes: agreed, of an effect on money, without a letter yet, and not kept out
-- What is agreed goes with the decision that the close freezes, whichever day it is of: no decision goes out without its corrections. Of a claim that has
-- its letter, the month in which the first of them was agreed takes in all.
create or replace temp table chosen_adjustment as
with agreed as (
    select claim_id, number, max(acted_on) over (partition by claim_id order by number) as through_on
    from adjustment
    semi join adjustment_share using (claim_id, number)
    where action = 'agree'
    qualify (claim_id, number) not in (select (claim_id, number) from issued_letter where kind <> 'supplement')
),
of_issued as (
    select claim_id
    from agreed
    semi join (from issued_letter where number = 0 and kind <> 'supplement') using (claim_id)
    group by claim_id
    having min(through_on) <= date '{{ last_day }}'
)
select claim_id, number
from agreed
where claim_id not in (select claim_id from kept_out)
    and (claim_id in (select claim_id from of_issued) or claim_id in (select claim_id from chosen));
