-- grain: one row per held claim and code
select * from exception
order by claim_id, code
