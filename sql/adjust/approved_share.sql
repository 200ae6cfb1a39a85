-- grain: one row per payable that stood before the adjustments, neither paid nor on its way to the bank; amounts in fen
create or replace temp table payable_before as
select claim_id, number, instalment, treasury, place, payee, amount_fen
from (
{% include "pay/open_payable.sql" %}
)
union all
select claim_id, number, instalment, treasury, place, payee, amount_fen from ({{ decided_payable }});

-- grain: one row per adjustment that is approved, treasury and place whose share it changes; amounts in fen
-- A share that rises is owed, and what its payee still has to pay back of it is set off against that. One that falls is taken off what is still owed to
-- its payee; the rest is paid, or on its way to the bank, and is to be paid back.
create or replace temp table approved_share as
with owed_back as (
{% include "pay/owed_back.sql" %}
),
share as (
    select share.claim_id, share.number, share.treasury, share.place, share.share_fen, adjustment.payee
    from adjustment_share as share
    join adjustment on adjustment.claim_id = share.claim_id and adjustment.number = share.number and adjustment.action = 'agree'
    semi join ({{ adjustments }}) as approved on approved.claim_id = share.claim_id and approved.number = share.number
),
stood as (
    select claim_id, treasury, place, payee, sum(amount_fen) as amount_fen
    from (
        select claim_id, treasury, place, payee, amount_fen from payable_before
        union all
        select claim_id, treasury, place, payee, -owed_fen from owed_back
    )
    group by all
),
-- what is to be paid before each, and below zero what is to be paid back
stands as (
    select
        share.*, coalesce(stood.amount_fen, 0) + coalesce(sum(share.share_fen) over (
            partition by claim_id, treasury, place, payee order by number rows between unbounded preceding and 1 preceding
        ), 0) as before_fen
    from share
    left join stood using (claim_id, treasury, place, payee)
)
select
    claim_id, number, treasury, place, payee, share_fen,
    case when share_fen > 0 then cast(least(share_fen, greatest(-before_fen, 0)) as bigint) else 0 end as set_off_fen,
    case when share_fen < 0 then cast(least(-share_fen, greatest(before_fen, 0)) as bigint) else 0 end as taken_off_fen,
    case when share_fen < 0 then -share_fen - taken_off_fen else 0 end as paid_back_fen
from stands;

-- grain: one row per share that rises: it is owed as a whole
create or replace temp table supplementary_payable as
select claim_id, number, 1 as instalment, treasury, place, payee, date '{{ due_on }}' as due_on, share_fen as amount_fen
from approved_share
where share_fen > 0;
