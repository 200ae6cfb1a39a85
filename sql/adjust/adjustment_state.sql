-- grain: one row per adjustment of a claim: as it was proposed, and the latest step of it
select
    proposal.number, proposal.basis, proposal.code, proposal.settles, proposal.reason, proposal.award_fen, proposal.computed_fen,
    proposal.outcome, proposal.reason_codes, proposal.payee, proposal.sequence, latest.action, latest.sequence
from adjustment as proposal
join (
    select number, arg_max(action, sequence) as action, max(sequence) as sequence
    from adjustment
    where claim_id = $claim_id
    group by number
) as latest using (number)
where proposal.claim_id = $claim_id and proposal.action = 'propose'
order by proposal.number
