-- grain: one row per claim of the batch, decided or held; amounts in fen, null for a held claim; what was not computed shows unreadable cells as they are
select
    claim_id, claimant, clause, claim_year, rule, outcome, computed_fen, award_fen{% for t in treasuries %}, {{ t }}_fen{% endfor %}, payee, reason_codes
from decision
where rule is not null
union all
select
    fact.claim_id, coalesce({{ "case when %s(fact.claimant) then fact.claimant end" % claimant.checked_by if claimant.checked_by else "fact.claimant" }}, fact.raw.{{ claimant.name }}), coalesce(fact.clause, fact.raw.{{ clause_field }}),
    fact.claim_year, null, other.outcome, null, other.award_fen{% for t in treasuries %}, other.award_fen{% endfor %}, null, other.reason_codes
from fact
join (
    select seq, 'exception' as outcome, null as award_fen, string_agg(code, ';' order by code) as reason_codes from held_code group by seq
    union all
    select seq, outcome, award_fen, reason_codes from decision where rule is null
) as other using (seq)
order by claim_id
