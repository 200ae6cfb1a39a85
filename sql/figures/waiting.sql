-- grain: one row per code that holds claims in a run, and one for all of them (code null): claims by the days since their content was taken in
with aged as (
    select held.claim_id, date_diff('day', coalesce(received_on, date '{{ as_of }}'), date '{{ as_of }}') as days
    from {{ held }} as held
    left join received_content using (file_sha256)
)
select
    exception.code,
    count(distinct claim_id) filter (days <= 0) as new,
    count(distinct claim_id) filter (days between 1 and 30) as month,
    count(distinct claim_id) filter (days between 31 and 90) as quarter,
    count(distinct claim_id) filter (days > 90) as longer,
    count(distinct claim_id) as claims
from {{ exception }} as exception
join aged using (claim_id)
group by grouping sets ((exception.code), ())
order by exception.code nulls last
