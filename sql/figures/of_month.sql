-- grain: one row per decision or adjustment that a month froze and no objection keeps out; amounts in fen
create or replace temp view reported as
with assessed as (
{% include "month/assessed.sql" %}
)
select claim_id, number, run, clause, outcome, award_fen, reason_codes, breakdowns{% for treasury in treasuries %}, {{ treasury }}_fen{% endfor %}

from assessed
where not left_out
