-- grain: one row per claim of the run whose award, or a treasury's share of it, would now come out otherwise, in order; amounts in fen, null where no
-- rule settles it by the facts as they are now
select fact.claim_id, fact.claimant, fact.clause, decided_net.award_fen, decision.award_fen
from fact
join "{{ policy }}".decided_net as decided_net using (claim_id)
left join decision using (seq)
where (
    decision.award_fen is distinct from decided_net.award_fen
{% for treasury in treasuries %}
    or decision.{{ treasury }}_fen is distinct from decided_net.{{ treasury }}_fen
{% endfor %}
)
-- an award that a person set stays until a person changes it
and fact.claim_id not in (
    select claim_id
    from adjustment
    where action = 'agree' and basis <> 'set-aside'
    qualify row_number() over (partition by claim_id order by number desc) = 1 and basis = 'award'
)
order by fact.seq
