-- grain: one row per claim of the batch: what it would get if everything that may be waived were waived, in fen; `blocking` are the codes that leave
-- no amount, and what the policy's breakdowns say of the claim stands in their order
select
    fact.claim_id, decision.outcome, decision.computed_fen, decision.award_fen, decision.reason_codes, decision.rule, blocking.codes as blocking,
    [{% for column in breakdowns %}fact.{{ column }}{{ ", " if not loop.last }}{% endfor %}]::varchar[] as breakdowns
from fact
left join decision using (seq)
left join (select seq, string_agg(code, ';' order by code) as codes from held_code group by seq) as blocking using (seq)
