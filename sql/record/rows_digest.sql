-- grain: one row: how many rows a relation has, and the SHA-256 of the digests of its parts, sorted: the same whatever their order, and some of them can be shown
-- without the others and be proved
select coalesce(sum(__rows), 0)::bigint as rows, sha256(coalesce(string_agg(digest, '' order by digest), '')) as sha256
from (
    select __rows, sha256(__part) as digest
    from (
{% include "record/part.sql" %}
    )
)
