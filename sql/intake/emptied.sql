-- grain: one row per cell of a loaded reference row that is empty though the row that it takes the place of had a value there
with
{% for table in tables %}
received_{{ table.name }} as (
    select false as is_new, * from {{ table.name }}
    semi join typed_{{ table.name }} using ({% for name in table.key %}{{ table.fields[name].column }}{{ ", " if not loop.last }}{% endfor %})
    union all by name
    select true as is_new, null::integer as run, * from typed_{{ table.name }}
),
emptied_{{ table.name }} as (
    select
        is_new, file_order, file, line,
{% for field in table.field %}
        raw.{{ field.name }} is null and lag({{ field.column }}) over same_key is not null as emptied_{{ field.name }}{{ "," if not loop.last }}
{% endfor %}
    from received_{{ table.name }}
    window same_key as (
        partition by {% for name in table.key %}{{ table.fields[name].column }}{{ ", " if not loop.last }}{% endfor %} order by is_new, run, file_order, line
    )
),
{% endfor %}
emptied as (
{% for table in tables %}
{% set last_table = loop.last %}
{% for field in table.field %}
    select file_order, file, line, {{ loop.index }} as place, {{ field.header | sql }} as header from emptied_{{ table.name }} where is_new and emptied_{{ field.name }}
    {{ "union all" if not (last_table and loop.last) }}
{% endfor %}
{% endfor %}
)
select file, line, header
from emptied
order by file_order, line, place
