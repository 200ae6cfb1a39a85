-- each row is a defect of the program, never of the data: nothing may be decided while there is one
select 'settled by no rule, or by several' as defect, claim_id
from batch
anti join held_code using (seq)
left join decision using (seq, claim_id)
group by claim_id
having count(decision.seq) <> 1
union all
select 'an amount is unknown', claim_id from decision where outcome <> 'rejected' and (computed_fen is null or award_fen is null)
union all
select 'the award is above what is due or below zero', claim_id from decision join award_next using (seq)
where decision.award_fen > award_next.due_fen or decision.award_fen < 0
union all
select 'the shares do not add up', claim_id from decision
where award_fen is distinct from {% for treasury in treasuries %}{{ treasury }}_fen{{ " + " if not loop.last }}{% endfor %}
{% for treasury in treasuries %}
    or {{ treasury }}_fen < 0
{% endfor %}
union all
select 'a value of the trace is missing', step.claim_id
from step
join decision using (claim_id)
where decision.outcome <> 'rejected' and value is null and value_text is null
limit 20;
