-- grain: one row per part of a relation that is proved by itself: a row as JSON; or where `together` names a column, all rows of one value in it, as sorted
-- arrays without the names of the columns, which costs half as much
{% if together %}
select {{ together }}, count(*) as __rows, '[' || array_to_string(list_sort(list(json_array(*columns(*))::varchar)), ',') || ']' as __part
from {{ source }}
group by {{ together }}
{% else %}
select *, 1 as __rows, to_json(kept)::varchar as __part from {{ source }} as kept
{% endif %}
