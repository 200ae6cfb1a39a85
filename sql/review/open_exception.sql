-- grain: one row per claim that is held now and code that the latest run which tried it recorded: since when its content waits, and the latest ruling
with told as (
{% for run, exceptions, _ in runs %}
    select {{ run }} as run, * from {{ exceptions }}
    {{ "union all" if not loop.last }}
{% endfor %}
),
waiting as (
{% for run, _, holding in runs %}
    select claim_id, content, date '{{ days[run] }}' as as_of from {{ holding }}
    {{ "union all" if not loop.last }}
{% endfor %}
),
since as (
    select claim_id, content, min(as_of) as held_since from waiting group by claim_id, content
),
latest as (
    select * from ruling
    qualify row_number() over (partition by claim_id, content, code order by sequence desc) = 1
)
select
    held.claim_id, told.claimant, told.name, told.clause, told.code, told.field, told.raw_value, told.headers, told.shown, told.file, told.line, told.message_zh,
    held.content, held.changed, since.held_since,
    latest.sequence as ruling, latest.action, latest.reason, latest.person as reviewer, latest.ruled_on, latest.answer_by
from held
join told using (run, claim_id)
join since using (claim_id, content)
left join latest on latest.claim_id = held.claim_id and latest.content = held.content and latest.code = told.code
order by held.claim_id, told.code
