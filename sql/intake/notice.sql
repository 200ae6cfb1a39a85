-- grain: one row per cell of a loaded reference row that cannot be read
with unread as (
{% for table, fields in tables %}
{% set last_table = loop.last %}
{% for field in fields %}
    select file_order, file, line, {{ loop.index }} as place, {{ field.header }} as header, raw.{{ field.name }} as raw_value
    from typed_{{ table }}
    where {{ field.column }} is null and raw.{{ field.name }} is not null
    {{ "union all" if not (last_table and loop.last) }}
{% endfor %}
{% endfor %}
)
select file, line, header, raw_value
from unread
order by file_order, line, place
