-- grain: one row per claim that a recorded run took in, as intake left it; held ones are typed again, since they may be read otherwise.
-- Which file a decided claim came from is told by name only, and that is enough: nothing is compared by it
create or replace temp table incoming_claim as
with received as (
    select
{% for field in claims.field %}
        decided.{{ field.column }},
{% endfor %}
        decided.content, decided.file, '' as file_sha256, 0 as file_order, decided.line, cell.wan, cell.raw,
        struct_pack({% for field in claims.field if field.type == "place" %}{{ field.name }} := decided.{{ field.column }}{{ ", " if not loop.last }}{% else %}none := null::varchar{% endfor %}) as place
    from {{ decided }} as decided
    join {{ cell }} as cell using (claim_id)
    union all by name
    select typed.*, held.content
    from ({{ typed_held }}) as typed
    join {{ held }} as held using (claim_id)
)
select
    received.*,
    claim_id in (select claim_id from {{ exception }} where code = {{ doubled | sql }}) as doubled,
    claim_id in (select claim_id from decided) as changed
from received
anti join recorded_waiting using (claim_id, content)
anti join decided_net using (claim_id, content)
anti join held using (claim_id, content);
