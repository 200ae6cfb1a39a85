-- grain: one row per sum that came back
create or replace temp table new_posting as
select
    recovered_on as posted_on, treasury, place, cast(year(recovered_on) as integer) as year, 'paid' as debit, 'receivable' as credit, amount_fen,
    claim_id, cast(null as varchar) as payment_id, payee, '收回款项 ' || voucher as says
from new_recovered;
