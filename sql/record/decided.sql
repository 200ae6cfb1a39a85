-- grain: one row per decided claim, as later runs compare and count it; amounts in fen
select
    {{ run }} as run,
{% for field in claims.field %}
    fact.{{ field.column }},
{% endfor %}
    fact.content, decision.rule, decision.outcome, decision.computed_fen, decision.award_fen, decision.entitled_fen, decision.carry_fen
{% for treasury in treasuries %}
    , decision.{{ treasury }}_fen
{% endfor %}
    , decision.payee, decision.reason_codes, fact.file, fact.line,
    [{% for column in breakdowns %}fact.{{ column }}{{ ", " if not loop.last }}{% endfor %}]::varchar[] as breakdowns,
    [{% for column in treasury_places %}{{ "coalesce(fact.%s, '')" % column if column else "''" }}{{ ", " if not loop.last }}{% endfor %}]::varchar[] as treasury_places
from decision
join fact using (seq)
{% if in_order %}
order by fact.claim_id
{% endif %}
