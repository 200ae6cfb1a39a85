-- grain: one row per claim that a run held, those that wait the longest first, with the day on which its content was taken in
select claim_id, coalesce(received_on, date '{{ as_of }}') as received_on
from {{ held }}
left join received_content using (file_sha256)
order by received_on, claim_id
limit {{ longest }}
