-- grain: one row per chosen decision of some runs, as it was decided
create or replace temp table incoming_claim as
select * from decided
where run in ({{ runs | join(", ") }}) and claim_id in (select claim_id from chosen);

-- grain: the same: what is chosen was decided, and looks up what stands now
create or replace temp view batch as
select * from incoming_claim;
