-- grain: one row per part of a result relation, in its order: the part itself as JSON, or null where it is another claimant's, and its digest
select
    case when
{% for column, values in told_by.items() %}
        {{ column }}::varchar in ({% for value in values %}{{ value | sql }}{{ ", " if not loop.last }}{% endfor %}) or
{% endfor %}
        {{ whole }} then __part end as shown,
    sha256(__part) as digest
from (
{% include "record/part.sql" %}
)
{% if together %}
order by {{ together }}
{% endif %}
