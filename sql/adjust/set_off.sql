-- grain: one row per treasury and place where the approval of an adjustment set something of it off against what was to be paid back: how much, the
-- letters that asked for what was open then, oldest first, and what is still to be paid back after it; amounts in fen
with off as (
    select reduction.sequence, reduction.treasury, reduction.place, payable.payee, reduction.amount_fen
    from issued_letter as letter
    join payable_reduction as reduction using (sequence, claim_id, number)
    join payable using (claim_id, number, instalment, treasury, place)
    where claim_id = {{ claim_id | sql }} and number = {{ number }} and reduction.credit = 'receivable'
),
moved as (
    select posting.*
    from posting
    join off on off.treasury = posting.treasury and off.place = posting.place and off.payee = posting.payee and posting.sequence <= off.sequence
    where posting.claim_id = {{ claim_id | sql }} and 'receivable' in (posting.debit, posting.credit)
),
still_owed as (
    select treasury, place, cast(sum(case when debit = 'receivable' then amount_fen else -amount_fen end) as bigint) as left_fen
    from moved
    group by all
),
-- what is paid back or set off settles the oldest first: what was asked for before all that is open was asked for is settled
asked as (
    select
        sequence, treasury, place, coalesce(sum(sum(amount_fen)) over (
            partition by treasury, place order by sequence desc rows between unbounded preceding and 1 preceding
        ), 0) as later_fen
    from moved
    where debit = 'receivable'
    group by sequence, treasury, place
),
letter as (
    select letter.number, letter.document_no, asked.treasury, asked.place, asked.later_fen
    from issued_letter as letter
    join asked using (sequence)
    join adjustment_share as share using (claim_id, number, treasury, place)
    where claim_id = {{ claim_id | sql }} and number < {{ number }} and share.share_fen < 0
)
select
    off.treasury, off.place, off.amount_fen, still_owed.left_fen,
    list(letter.document_no order by letter.number) filter (where letter.later_fen < off.amount_fen + still_owed.left_fen) as document_nos
from off
join still_owed using (treasury, place)
left join letter using (treasury, place)
group by off.treasury, off.place, off.amount_fen, still_owed.left_fen
order by off.treasury, off.place
