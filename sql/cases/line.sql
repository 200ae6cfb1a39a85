-- grain: one row per line of {{ table.name }} in the worlds of the trials, as intake would have it
create or replace temp table case_line_{{ table.name }} as
select
    '' as file, '' as file_sha256, 0 as file_order, line, []::varchar[] as wan,
    struct_pack({% for field in table.field %}{{ field.name }} := cell_{{ field.name }}{{ ", " if not loop.last }}{% endfor %}) as cell,
    struct_pack({% for field in table.field if field.type == "place" %}{{ field.name }} := cell_{{ field.name }}{{ ", " if not loop.last }}{% else %}none := null::varchar{% endfor %}) as place
from (
    select
        unnest(cast($line as bigint[])) as line
{% for field in table.field %}
        , unnest(cast(${{ field.name }} as varchar[])) as cell_{{ field.name }}
{% endfor %}
);
