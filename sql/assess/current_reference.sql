-- grain: one row per key of {{ table.name }}: the latest by run, file name and line, this run's rows included
create or replace temp table current_{{ table.name }} as
with received as (
    select * from {{ table.name }}
    union all by name
    select {{ run }} as run, * from typed_{{ table.name }}
)
select *
from received
qualify row_number() over (
    partition by {% for name in table.key %}{{ table.fields[name].column }}{{ ", " if not loop.last }}{% endfor %}

    order by run desc, file_order desc, line desc
) = 1;
