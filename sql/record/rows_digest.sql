-- grain: one row: the SHA-256 of the digests of all rows of a relation, sorted, so that some of its rows can be shown without the others and be proved
select sha256(coalesce(string_agg(digest, '' order by digest), ''))
from (select sha256(to_json(kept)::varchar) as digest from {{ source }} as kept)
