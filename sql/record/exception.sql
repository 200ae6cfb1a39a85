select * from exception order by claim_id, code
