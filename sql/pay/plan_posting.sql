-- grain: one row per payment that is planned: it is reserved from the appropriation of the year
create or replace temp table new_posting as
select
    planned_on as posted_on, treasury, place, cast(year(planned_on) as integer) as year, 'reserved' as debit, 'appropriation' as credit, amount_fen,
    claim_id, payment_id, '列入支付清单' || case when replaces is null then '' else '（替代' || replaces || '）' end as says
from new_payment
order by payment_id;
