-- grain: one row per claim of the batch, decided or held; amounts in fen, null for a held claim
select
    claim_id, claimant, clause, claim_year, rule, outcome, computed_fen, award_fen{% for t in treasuries %}, {{ t }}_fen{% endfor %}, payee, reason_codes
from decision
union all
select
    fact.claim_id, coalesce({{ "case when %s(fact.claimant) then fact.claimant end" % claimant.checked_by if claimant.checked_by else "fact.claimant" }}, fact.raw.{{ claimant.name }}), coalesce(fact.clause, fact.raw.{{ clause_field }}),
    fact.claim_year, null, 'exception', null, null{% for t in treasuries %}, null{% endfor %}, null, codes.reason_codes
from fact
join (select seq, string_agg(code, ';' order by code) as reason_codes from held_code group by seq) as codes using (seq)
order by claim_id
