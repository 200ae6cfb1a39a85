-- grain: one row: how many rows a relation has, and the SHA-256 of the digests of them all, sorted: the same whatever their order, and some of them can be shown
-- without the others and be proved
select count(*) as rows, sha256(coalesce(string_agg(digest, '' order by digest), '')) as sha256
from (select sha256(to_json(kept)::varchar) as digest from {{ source }} as kept)
