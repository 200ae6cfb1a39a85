-- grain: one row per row of a relation: the SHA-256 of its values, those within structs in their place, as a JSON array
select sha256(json_array(*columns(*))::varchar) as digest
from (select unnest(kept, recursive := true) from {{ source }} as kept)
