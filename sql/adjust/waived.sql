-- grain: one row per code of a decided claim that is waived, for what the claim says as it stands
select ruling.code, ruling.content
from ruling
join decided_net using (claim_id, content)
where claim_id = $claim_id
qualify row_number() over (partition by ruling.code order by ruling.sequence desc) = 1 and ruling.action = 'waive'
order by ruling.code
