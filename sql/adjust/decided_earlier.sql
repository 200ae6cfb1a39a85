-- grain: one row per claim that was settled before this one in its run
create or replace temp table settled_earlier as
select claim_id from settling_order where seq < (select seq from settling_order where claim_id = {{ claim_id | sql }});

-- grain: one row per decided claim that counts before this one, as it stands
create or replace temp view decided_net as
select * from "{{ policy }}".decided_net
where run < {{ run }} or (run = {{ run }} and claim_id in (select claim_id from settled_earlier));
