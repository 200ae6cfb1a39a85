-- grain: one row per claim that is held now, with its cells as they were received
select
    {{ run }} as run, batch.claim_id, batch.content, batch.changed, kept.sticky,
    batch.file, batch.file_sha256, batch.file_order, batch.line, batch.wan, batch.raw as cell, batch.place
from batch
join (
    select seq, nullif(coalesce(string_agg(code, ';' order by code) filter (where code in ({{ sticky_codes }})), ''), '') as sticky
    from held_code
    group by seq
) as kept using (seq)
order by batch.claim_id
