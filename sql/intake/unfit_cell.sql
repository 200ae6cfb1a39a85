-- grain: one row per cell of a table that must be read whole that is empty where it must not be, or cannot be read
with typed as (
    {{ typed }}
),
unfit as (
{% for field in fields %}
    select file_order, file, line, {{ loop.index }} as place, {{ field.header }} as header, raw.{{ field.name }} as raw_value
    from typed
    where {{ field.column }} is null{{ "" if field.required else " and raw." ~ field.name ~ " is not null" }}
    {{ "union all" if not loop.last }}
{% endfor %}
)
select file, line, header, raw_value
from unfit
order by file_order, line, place
