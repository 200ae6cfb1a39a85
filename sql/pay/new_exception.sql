-- grain: one row per row of a bank's file that fits no open payment
create or replace temp table new_exception as
select {{ file | sql }} as file, cast(line as integer) as line, payment_id, problem
from bank_row
where fate = 'problem'
order by line;
