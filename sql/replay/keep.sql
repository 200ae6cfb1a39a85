-- grain: as the tables of a store have it: what the run decided and holds becomes the history of the next one
insert into run values ({{ run }}, {{ label | sql }}, date '{{ as_of }}', '');

delete from held where claim_id in (select claim_id from fact);
insert into held by name {{ held }};
insert into decided by name {{ decided }};
