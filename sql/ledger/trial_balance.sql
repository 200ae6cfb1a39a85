-- grain: one row per treasury, place, year and account that was moved in it or has a balance; opening and closing are debit less credit
-- The budget's accounts are kept by its year; the others run on, so that a year begins with what the years before left.
with entry as (
    select treasury, place, year, debit as account, amount_fen as debit_fen, 0 as credit_fen from posting
    union all
    select treasury, place, year, credit, 0, amount_fen from posting
),
moved as (
    select treasury, place, year, account, sum(debit_fen) as debit_fen, sum(credit_fen) as credit_fen
    from entry
    group by all
),
shown as (
    select *
    from (select distinct treasury, place, year from moved)
    join (select distinct treasury, place, account from moved) using (treasury, place)
)
select
    shown.treasury, shown.place, shown.year, shown.account,
    cast(coalesce(sum(debit_fen - credit_fen) filter (
        where moved.year < shown.year and shown.account not in ({% for account in yearly %}{{ account | sql }}{{ ", " if not loop.last }}{% endfor %})
    ), 0) as bigint) as opening_fen,
    cast(coalesce(sum(debit_fen) filter (where moved.year = shown.year), 0) as bigint) as debit_year_fen,
    cast(coalesce(sum(credit_fen) filter (where moved.year = shown.year), 0) as bigint) as credit_year_fen
from shown
join moved using (treasury, place, account)
group by all
having opening_fen <> 0 or debit_year_fen <> 0 or credit_year_fen <> 0
order by shown.treasury, shown.place, shown.year, shown.account
