-- grain: one row per decision or adjustment and item of its state that differs between the close of a month and now
with closed as (
    select claim_id, number, unnest(map_entries(state)) as entry from covered where month = {{ month | sql }} and not left_out
),
now as (
    select claim_id, number, unnest(map_entries(state)) as entry from frozen
)
select
    letter_id(coalesce(closed.claim_id, now.claim_id), coalesce(closed.number, now.number)) as letter_id, coalesce(closed.entry.key, now.entry.key) as item, closed.entry.value as was,
    now.entry.value as is_now
from closed
full join now on now.claim_id = closed.claim_id and now.number = closed.number and now.entry.key = closed.entry.key
where closed.entry.value is distinct from now.entry.value or closed.claim_id is null or now.claim_id is null
order by letter_id, item
