-- grain: one row per claim that waits unchanged and whose amount a reviewer has set since the last run, as a raw line of {{ table.name }}; the latest counts
{% set filled_in = {"money": "latest.amount", "text": "latest.person", "date": "cast(latest.ruled_on as varchar)"} %}
with latest as (
    select * from ruling
    qualify row_number() over (partition by claim_id, content, code order by sequence desc) = 1
)
select
    latest.file, latest.file_sha256, -1 as file_order, latest.line::bigint as line, []::varchar[] as wan,
    {'none': null::varchar} as place,
    struct_pack({% for field in table.field %}{{ field.name }} := {% if field.name in table.key %}claim_id{% elif field.optional %}null::varchar{% else %}{{ filled_in[field.type] }}{% endif %}{{ ", " if not loop.last }}{% endfor %}) as cell
from latest
join held using (claim_id, content)
where latest.action = 'determine' and latest.code in ({% for code in codes %}{{ code | sql }}{{ ", " if not loop.last }}{% endfor %})
    and latest.sequence > (select coalesce(max(run), 0) from run)
    and not held.changed
    and latest.claim_id not in (select claim_id from incoming_claim)
qualify row_number() over (partition by latest.claim_id order by latest.sequence desc, latest.line desc) = 1
