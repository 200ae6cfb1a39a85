-- grain: one row per row of a result relation, in its order: the row itself as JSON, or null where it is another claimant's, and its digest
select
    case when
{% for column, values in told_by.items() %}
        {{ column }}::varchar in ({% for value in values %}{{ value | sql }}{{ ", " if not loop.last }}{% endfor %}) or
{% endfor %}
        {{ whole }} then to_json(kept)::varchar end as shown,
    sha256(to_json(kept)::varchar) as digest
from {{ source }} as kept
