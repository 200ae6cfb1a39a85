-- grain: one row for the sum that came back
create or replace temp table new_recovered as
select
    {{ claim_id | sql }} as claim_id, {{ treasury | sql }} as treasury, {{ place | sql }} as place, {{ payee | sql }} as payee,
    cast({{ amount_fen }} as bigint) as amount_fen, date {{ day | sql }} as recovered_on, {{ voucher | sql }} as voucher;
