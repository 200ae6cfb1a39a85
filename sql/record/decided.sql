-- grain: one row per decided claim, as later runs compare and count it; amounts in fen
select
    {{ run }} as run,
{% for field in claims.field %}
    batch.{{ field.column }},
{% endfor %}
    batch.content, decision.rule, decision.outcome, decision.computed_fen, decision.award_fen
{% for treasury in treasuries %}
    , decision.{{ treasury }}_fen
{% endfor %}
    , decision.payee, decision.reason_codes, batch.file, batch.line
from decision
join batch using (seq)
order by batch.claim_id
