-- grain: one row per claim that is held now, with its cells as they were received
select
    {{ run }} as run, fact.claim_id, fact.content, fact.changed, kept.sticky,
    fact.file, fact.file_sha256, fact.file_order, fact.line, fact.wan, fact.raw as cell, fact.place
from fact
join (
    select seq, nullif(coalesce(string_agg(code, ';' order by code) filter (where code in ({{ sticky_codes }})), ''), '') as sticky
    from held_code
    group by seq
) as kept using (seq)
order by fact.claim_id
