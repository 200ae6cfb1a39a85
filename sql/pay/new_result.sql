-- grain: one row per payment that a bank's file settles
create or replace temp table new_result as
select payment_id, result, resulted_on, reason
from bank_row
where fate = 'taken'
order by payment_id;
