-- grain: one row per changed row that a step of an adjustment settled: in the record, too, it waits no more
delete from recorded_waiting
using adjustment
where adjustment.sequence = {{ sequence }} and adjustment.action = 'agree'
    and adjustment.claim_id = recorded_waiting.claim_id and adjustment.settles = recorded_waiting.content;
