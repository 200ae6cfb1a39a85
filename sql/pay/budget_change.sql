-- grain: one row per treasury, place and year whose budget a file changes: what it was, what is left of it unspent, and by how much it changes
create or replace temp table budget_change as
with known as (
    select treasury, place, year, arg_max(amount_fen, sequence) as amount_fen
    from budget
    group by treasury, place, year
),
unspent as (
{% include "pay/unspent.sql" %}
)
select
    new_budget.*, coalesce(known.amount_fen, 0) as before_fen, coalesce(unspent.left_fen, 0) as left_fen,
    new_budget.amount_fen - coalesce(known.amount_fen, 0) as change_fen
from new_budget
left join known using (treasury, place, year)
left join unspent using (treasury, place, year)
where known.amount_fen is distinct from new_budget.amount_fen;
