-- grain: one row per cell of a loaded reference row that cannot be read
with unread as (
{% for table in tables %}
{% set last_table = loop.last %}
{% for field in table.field %}
    select file_order, file, line, {{ loop.index }} as place, {{ field.header | sql }} as header, raw.{{ field.name }} as raw_value
    from typed_{{ table.name }}
    where {{ field.column }} is null and raw.{{ field.name }} is not null
    {{ "union all" if not (last_table and loop.last) }}
{% endfor %}
{% endfor %}
)
select file, line, header, raw_value
from unread
order by file_order, line, place
