-- grain: one row per claim that waits in the record after the run
delete from recorded_waiting where claim_id in (select claim_id from {{ decided }} union all select claim_id from {{ held }});
insert into recorded_waiting select claim_id, content from {{ held }};
