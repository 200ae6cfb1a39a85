-- grain: one row: how many rows a table of the store holds, and one SHA-256 of them all, whatever their order
select count(*) as rows, sha256(coalesce(string_agg(row_sha256, '' order by row_sha256), '')) as sha256
from (select sha256(cast(to_json(held) as varchar)) as row_sha256 from {{ catalog }}."{{ schema }}"."{{ table }}" as held)
