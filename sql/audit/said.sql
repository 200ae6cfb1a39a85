-- grain: one row per row of a result relation of an act: what a person said, in the columns that keep it
select {{ columns | join(", ") }}
from {{ source }} as said
