select * from step order by claim_id, ordinal
