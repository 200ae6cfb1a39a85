-- grain: one row per recorded event of a claim, in the order of the record: its kind, the office's day, who is named with it, and what it says, in the
-- order in which its sentence tells it; amounts in fen
with frozen as (
    -- what counts of a month is its latest close, of whatever it froze of the claim
    select distinct sequence, month
    from month_claim
    join (select month, max(sequence) as sequence from month group by month) as latest using (month, sequence)
    where month_claim.claim_id = $claim_id
),
last_objection as (
    -- what stood when the month was approved, of what was raised since its latest close
    select approval.sequence, arg_max(objection.action, objection.sequence) as action
    from frozen
    join approval on approval.month = frozen.month and frozen.sequence < approval.sequence
    join objection on objection.claim_id = $claim_id and objection.sequence between frozen.sequence and approval.sequence
    group by approval.sequence
),
latest_delivery as (
    -- by whose settings the periods run of all letters that were issued together
    select issued_letter.sequence as issuing, max(delivery.sequence) as latest
    from delivery
    join issued_letter using (document_no)
    group by issued_letter.sequence
),
share as (
    select number, flatten(list([treasury, place, cast(share_fen as varchar)] order by treasury, place)) as words
    from adjustment_share
    where claim_id = $claim_id
    group by number
),
{% for run in runs %}
fate_{{ run.sequence }} as (
    select file, line from {{ run.line_fate }} where claim_id = $claim_id and fate = 'loaded'
),
{% endfor %}
found as (
{% for run in runs %}
    select {{ run.sequence }} as sequence, {{ run.label | sql }} as label, date '{{ run.as_of }}' as day, string_agg(code, '、' order by code) as codes
    from {{ run.exception }} where claim_id = $claim_id having count(*) > 0
    {{ "union all" if not loop.last }}
{% endfor %}
),
event as (
{% for run in runs %}
    select {{ run.sequence }} as sequence, 1 as place, 'received' as kind, date '{{ run.as_of }}' as day, null::varchar as person,
        [file, cast(line as varchar), {{ run.label | sql }}] as words
    from fate_{{ run.sequence }}
    union all
{% endfor %}
    -- tried again and held as before is no event
    select sequence, 2, 'held', day, null, [codes, label] from found
    qualify lag(codes) over (order by sequence) is distinct from codes
    union all
    select sequence, 3, 'ruled_' || action, ruled_on, person, [code, reason, coalesce(cast(answer_by as varchar), ''), coalesce(amount, '')]
    from ruling where claim_id = $claim_id
    union all
    select decided.run, 4, 'decided', run.as_of, null,
        [outcome, cast(award_fen as varchar), reason_codes, run.label{% for treasury in treasuries %}, '{{ treasury }}', treasury_places[{{ loop.index }}], cast({{ treasury }}_fen as varchar){% endfor %}]
    from decided join run using (run) where claim_id = $claim_id
    union all
    select month.sequence, 5, 'noticed', month.closed_on, month.person, [month.month, cast(notice_from as varchar), cast(notice_to as varchar)]
    from frozen join month using (sequence)
    union all
    select sequence, 6, 'objection_' || action, acted_on, person, [month, reason] from objection where claim_id = $claim_id
    union all
    select
        approval.sequence, 7, case when last_objection.action in ('raise', 'uphold') then 'left_out' else 'authorised' end,
        approved_on, approval.person, [approval.month, minutes]
    from approval
    join frozen on frozen.month = approval.month and frozen.sequence < approval.sequence
    left join last_objection on last_objection.sequence = approval.sequence
    union all
    -- before the letter that asks for it
    select sequence, 8, 'to_come_back', posted_on, null, [cast(amount_fen as varchar), treasury, place]
    from posting where claim_id = $claim_id and debit = 'receivable'
    union all
    select sequence, 9, 'issued', issued_on, null, [document_no, kind, cast(number as varchar), coalesce(approval.month, '')]
    from issued_letter left join approval using (sequence) where claim_id = $claim_id
    union all
    select delivery.sequence, 10, 'delivered', delivered_on, null, [document_no, way, receipt, cast(delivered_on as varchar), cast(latest as varchar)]
    from delivery
    join issued_letter using (document_no)
    join latest_delivery on latest_delivery.issuing = issued_letter.sequence
    where claim_id = $claim_id
    union all
    select sequence, 11, 'planned', planned_on, null, [payment_id, cast(amount_fen as varchar), treasury, place, payee_name]
    from payment where claim_id = $claim_id
    union all
    select payment_result.sequence, 12, 'bank_' || result, resulted_on, null, [payment_id, cast(amount_fen as varchar), payment_result.reason]
    from payment_result join payment using (payment_id) where claim_id = $claim_id
    union all
    select sequence, 13, 'set_off', posted_on, null, [cast(amount_fen as varchar), treasury, place, coalesce(payment_id, '')]
    from posting where claim_id = $claim_id and debit = 'payable' and credit = 'receivable'
    union all
    select sequence, 14, 'adjustment_' || action, acted_on, person, [cast(number as varchar), cast(award_fen as varchar), reason] || coalesce(share.words, [])
    from adjustment left join share using (number) where claim_id = $claim_id
    union all
    select sequence, 15, 'recovered', recovered_on, null, [cast(amount_fen as varchar), treasury, place] from recovered where claim_id = $claim_id
)
select sequence, kind, day, person, words
from event
order by sequence, place, words
