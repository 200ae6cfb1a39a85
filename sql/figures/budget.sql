-- grain: one row per treasury with a budget of a year, all its places together, as imported before an event of the record; amounts in fen
with latest as (
    select treasury, place, amount_fen
    from budget
    where year = $year and sequence < $before
    qualify row_number() over (partition by treasury, place order by sequence desc) = 1
)
select treasury, cast(sum(amount_fen) as bigint) as amount_fen from latest group by treasury
