-- grain: one row per row of a result relation, in its order: its values as `record/row_digest.sql` has them, or null where they are another claimant's, and
-- their digest
select case when __shown then __row end as shown, sha256(__row) as digest
from (
    select __shown, json_array(*columns(* exclude (__shown)))::varchar as __row
    from (
        select
{% for column, values in told_by.items() %}
            {{ column }}::varchar in ({% for value in values %}{{ value | sql }}{{ ", " if not loop.last }}{% endfor %}) or
{% endfor %}
            {{ whole }} as __shown,
            unnest(kept, recursive := true)
        from {{ source }} as kept
    )
)
