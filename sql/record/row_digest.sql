-- grain: one row per row of a relation: its SHA-256
select sha256(to_json(kept)::varchar) as digest from {{ source }} as kept
