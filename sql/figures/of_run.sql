-- grain: one row per claim that a run decided, as its results have it; amounts in fen
create or replace temp view reported as
select
    claim_id, 0 as number, {{ run }} as run, clause, outcome, award_fen, reason_codes, breakdowns
{% for treasury in treasuries %}
    , {{ treasury }}_fen
{% endfor %}
from {{ decided }}
