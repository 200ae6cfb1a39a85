-- grain: one row per cell of {{ table.name }} that is empty where it must not be, or cannot be read
with typed as (
    {{ typed }}
),
unfit as (
{% for field in table.field %}
    select file_order, file, line, {{ loop.index }} as place, {{ field.header | sql }} as header, raw.{{ field.name }} as raw_value
    from typed
    where {{ field.column }} is null{% if field.optional %} and (raw.{{ field.name }} is not null{% if wanted_by[field.name] %} or {{ clause }} in ({{ wanted_by[field.name] }}){% endif %}){% endif %}

    {{ "union all" if not loop.last }}
{% endfor %}
)
select file, line, header, raw_value
from unfit
order by file_order, line, place
