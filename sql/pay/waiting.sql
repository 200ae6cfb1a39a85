-- grain: one row per payable that is due and waits, by treasury and order of paying
select treasury, place, claim_id, number, instalment, payee, payee_name, due_on, amount_fen, state, left_fen, replaces
from plan
where state <> 'planned'
order by list_position([{% for treasury in treasuries %}{{ treasury | sql }}{{ ", " if not loop.last }}{% endfor %}], treasury), treasury, place, position
