-- grain: one row per code that a reviewer had ruled on, for the content that an adjustment took, when it was proposed, or that the adjustment itself
-- withdraws: the latest ruling
select ruling.claim_id, ruling.code, ruling.action, ruling.reason, ruling.person, ruling.ruled_on, ruling.answer_by
from ruling
join adjusted on adjusted.claim_id = ruling.claim_id and adjusted.content = ruling.content
left join adjustment as agreed on agreed.claim_id = adjusted.claim_id and agreed.number = adjusted.number and agreed.action = 'agree'
where adjusted.claim_id = {{ claim_id | sql }} and adjusted.number = {{ number }}
    and (ruling.sequence < adjusted.sequence or ruling.sequence = agreed.sequence)
qualify row_number() over (partition by ruling.code order by ruling.sequence desc) = 1
