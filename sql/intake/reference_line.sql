-- grain: one row per open line of one reference table, beside the line of the same key that it would replace
create or replace temp table reference_line as
with line as (
    {{ compared }}
)
select
    *,
    lag(content) over replaced is not distinct from content as repeated,
    lag(file) over replaced as replaced_file,
    lag(line) over replaced as replaced_line
from line
window replaced as (partition by key_content order by file_order, line);
