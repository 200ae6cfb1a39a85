-- grain: one row per held claim and code
select * from exception
