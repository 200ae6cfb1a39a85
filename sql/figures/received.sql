-- grain: one row: the lines of claims that runs took in, the claims that they are of, and the lines of other tables
select
    count(*) filter (claim_id is not null) as claim_lines, count(distinct claim_id) as claims, count(*) filter (claim_id is null) as other_lines
from (
{% for source in line_fates %}
    select claim_id from {{ source }} where fate = 'loaded'
    {{ "union all" if not loop.last }}
{% else %}
    select null::varchar as claim_id where false
{% endfor %}
)
