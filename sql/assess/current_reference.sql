-- grain: one row per key of {{ table.name }}: the latest by run, file name and line, this run's rows included; where it is `asked_by` certain columns
-- only, of the keys that claims of the batch ask for, so that a night costs what its claims ask and not what is known
create or replace temp table current_{{ table.name }} as
with received as (
    select * from {{ table.name }}
    union all by name
    select {{ run }} as run, * from typed_{{ table.name }}
)
select *
from received
{% for on in asked_by %}
{{ "where" if loop.first else "or" }} ({% for theirs, _ in on %}{{ theirs }}{{ ", " if not loop.last }}{% endfor %}) in (select ({% for _, ours in on %}{{ ours }}{{ ", " if not loop.last }}{% endfor %}) from batch)
{% endfor %}
qualify row_number() over (
    partition by {% for name in table.key %}{{ table.fields[name].column }}{{ ", " if not loop.last }}{% endfor %}

    order by run desc, file_order desc, line desc
) = 1;
