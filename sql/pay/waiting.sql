-- grain: one row per payable that is due and waits, numbered by treasury and order of paying; left_fen is what the budget still holds after this plan
with spent as (
    select treasury, place, cast(sum(amount_fen) as bigint) as spent_fen
    from plan
    where state = 'planned'
    group by treasury, place
)
select
    row_number() over (
        order by list_position([{% for treasury in treasuries %}{{ treasury | sql }}{{ ", " if not loop.last }}{% endfor %}], treasury), treasury, place, position
    ) as line,
    treasury, place, claim_id, number, instalment, payee, payee_name, due_on, amount_fen, state,
    cast(left_fen - coalesce(spent_fen, 0) as bigint) as left_fen, replaces
from plan
left join spent using (treasury, place)
where state <> 'planned'
order by line
