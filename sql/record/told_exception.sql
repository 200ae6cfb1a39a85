-- grain: one row per held claim and code, as a run recorded it; one of an earlier program had neither its cells as people read them nor what it is about
select * replace (coalesce(shown, raw_value) as shown)
from (
    select null::varchar as shown, null::struct(claim_id varchar, file varchar, line bigint)[] as others where false
    union all by name
    select * from {{ source }}
)
