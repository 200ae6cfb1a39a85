-- grain: one row per claim of a run that two policies hold otherwise, on the same facts: one of them only, or with other codes that stay with it
with held as (
    select seq, string_agg(code, ';' order by code) filter (where code in ({{ sticky }})) as sticky from held_code group by seq
),
recorded as (
    select seq, string_agg(code, ';' order by code) filter (where code in ({{ recorded_sticky }})) as sticky from held_code_{{ run }} group by seq
)
select seq from ((table held except table recorded) union (table recorded except table held)) group by seq
