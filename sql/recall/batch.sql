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

-- grain: none: what is recalled was not held
create or replace temp table held_code (seq bigint, code varchar);
create or replace temp table case_hit (seq bigint, case_number integer, code varchar);
