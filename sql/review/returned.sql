-- grain: one row per claim that a review returned for a supplement and code that held it then and was not waived, with the reviewer's words where it
-- was ruled on; the claim's cells as they were received stand beside it
with ruled as (
    select * from ruling where sequence <= {{ sequence }}
    qualify row_number() over (partition by claim_id, content, code order by sequence desc) = 1
),
returned as (
    select claim_id, content, max(answer_by) as answer_by
    from ruling
    where sequence = {{ sequence }} and action = 'return'
    group by claim_id, content
),
told as (
{% for run, exceptions, holding in runs %}
    select {{ run }} as run, held.content, held.wan, held.cell, exception.*
    from {{ exceptions }} as exception
    join {{ holding }} as held using (claim_id)
    {{ "union all" if not loop.last }}
{% endfor %}
)
select
    told.claim_id, told.claimant, told.name, told.clause, returned.answer_by, told.wan, told.cell,
    told.code, told.headers, told.raw_value, told.shown, told.file, told.line, told.message_zh, ruled.reason
from returned
join told using (claim_id, content)
left join ruled on ruled.claim_id = told.claim_id and ruled.content = told.content and ruled.code = told.code
where ruled.action is null or ruled.action <> 'waive'
-- as the latest run before the review had it
qualify told.run = max(told.run) over (partition by told.claim_id)
order by told.claim_id, told.code
