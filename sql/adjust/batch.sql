-- grain: one row: the claim with what it says now: a changed row that waits, what an adjustment took, or what was decided
create or replace temp table incoming_claim as
select
{% for field in claims.field %}
    source.{{ field.column }},
{% endfor %}
{% if taken_from == "changed" %}
    held.content, source.file, source.line, source.wan, source.raw, held.sticky
from ({{ typed_held }}) as source
join held using (claim_id)
where held.changed
{% elif taken_from == "adjusted" %}
    source.content, source.file, source.line, source.wan, source.cell as raw, null::varchar as sticky
from adjusted as source
where number = {{ number }}
{% else %}
    source.content, source.file, source.line, cell.wan, cell.raw, null::varchar as sticky
from decided as source
join {{ cell }} as cell using (claim_id)
where true
{% endif %}
    and source.claim_id = {{ claim_id | sql }};

-- grain: the same: the row is looked at as it stands, whatever came before it under this id
create or replace temp view batch as
select *, false as changed, false as doubled from incoming_claim;
