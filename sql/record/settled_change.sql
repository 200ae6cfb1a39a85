-- grain: one row per changed row of a decided claim that an adjustment agreed after it came settled: it waits no more
delete from held
using adjustment
where held.changed and adjustment.claim_id = held.claim_id and adjustment.settles = held.content
    and adjustment.action = 'agree' and adjustment.sequence > held.run;
