-- grain: one row per line of every file: what became of it, and why
create or replace temp table line_fate as
with line as (
{% for source in sources %}
    select file_order, file, line, claim_id, fate, reason from {{ source }}
    {{ "union all" if not loop.last }}
{% endfor %}
)
select
    line.file_order, line.file, line.line,
    coalesce(line.fate, repeated_line.fate, 'loaded') as fate,
    line.claim_id,
    coalesce(line.reason, repeated_line.reason) as reason
from line
left join repeated_line on repeated_line.file_order = line.file_order and repeated_line.line = line.line;
