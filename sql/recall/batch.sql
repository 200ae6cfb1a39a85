-- grain: one row per recalled claim: what the run decided on
create or replace temp table incoming_claim as
select
{% for field in claims.field %}
    decided.{{ field.column }},
{% endfor %}
    decided.content, false as changed, decided.file, decided.line, cell.raw, cell.wan
from {{ decided }} as decided
join {{ cell }} as cell using (claim_id);

-- grain: the same: only decided claims are recalled, and none of them is tried again
create or replace temp view batch as
select * from incoming_claim;
