-- grain: one row per budget that rises or falls
create or replace temp table new_posting as
select
    date {{ day | sql }} as posted_on, treasury, place, year,
    case when change_fen > 0 then 'appropriation' else 'granted' end as debit,
    case when change_fen > 0 then 'granted' else 'appropriation' end as credit,
    abs(change_fen) as amount_fen, cast(null as varchar) as claim_id, cast(null as varchar) as payment_id,
    case when before_fen = 0 then '下达预算' when change_fen > 0 then '追加预算' else '调减预算' end as says
from budget_change
where change_fen <> 0;
