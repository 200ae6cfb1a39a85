-- grain: one row per defect; each is one of the program, never of the data: nothing may be decided while there is one
with settled as (
    select fact.claim_id, count(decision.seq) as times
    from fact
    anti join held_code using (seq)
    left join decision using (seq)
    group by fact.claim_id
)
select 'settled by no rule, or by several' as defect, claim_id from settled where times <> 1
union all
select 'decided although it is held', claim_id from decision semi join held_code using (seq)
union all
select 'closed by people without a ruling, or with an amount', claim_id
from decision
where rule is null and (
    outcome <> 'rejected' or award_fen <> 0 or computed_fen is not null or payee is not null
    or (claim_id not in (select claim_id from standing_ruling where action in ('refuse', 'return', 'withdraw')))
)
union all
select 'the reason codes do not tell what was waived', claim_id
from decision
where rule is not null and list_contains(string_split(reason_codes, ';'), {{ waived | sql }})
    is distinct from (claim_id in (select claim_id from standing_ruling where action = 'waive'))
union all
select 'an amount is unknown', claim_id from decision where outcome <> 'rejected' and (computed_fen is null or award_fen is null)
union all
select 'the award is above what is due or below zero', claim_id
from decision
join award_next using (seq)
where decision.award_fen > award_next.payable_fen or decision.award_fen < 0
union all
select 'the award does not agree with what was given before it', decision.claim_id
from award_next
join decision using (seq)
where award_next.award_fen <> award_next.award_before_fen or award_next.carry_fen <> award_next.carry_before_fen
    or award_next.entitled_fen <> award_next.entitled_before_fen or award_next.computed_anew
union all
select 'the shares do not add up', claim_id
from decision
where award_fen is distinct from {% for treasury in treasuries %}{{ treasury }}_fen{{ " + " if not loop.last }}{% endfor %}
{% for treasury in treasuries %}
    or {{ treasury }}_fen < 0
{% endfor %}
limit 20
