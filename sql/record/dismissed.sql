-- grain: as the store has it: the difference of a decided claim waits no longer once a reviewer refused it; the decision stands
delete from held
where changed and (claim_id, content) in (select (claim_id, content) from ruling where action = 'refuse');
