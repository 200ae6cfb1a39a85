-- grain: one row per claim that a run decided otherwise, or only then, or not at all, when its unchanged policy decided again
with again as (
    select {{ columns }} from decided where run = {{ run }}
),
recorded as (
    select {{ columns }} from {{ recorded }}
)
select claim_id from ((table again except table recorded) union (table recorded except table again)) group by claim_id order by claim_id
