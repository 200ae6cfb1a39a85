-- grain: one row per held claim and code, as a run recorded it in format 1, which told of its cells the fields and what was received only
select
    *,
    array_to_string(
        list_transform(string_split(field, ' | '), lambda name: map { {% for name, header in headers %}{{ name | sql }}: {{ header | sql }}{{ ", " if not loop.last }}{% endfor %} }[name]),
        ' | '
    ) as headers,
    raw_value as shown,
    null::struct(claim_id varchar, file varchar, line bigint)[] as others
from {{ source }}
