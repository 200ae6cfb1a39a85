-- grain: one row per payable that is paid now, under the next numbers of the year, treasury after treasury
create or replace temp table new_payment as
select
    format('P{}-{:06d}', {{ year }}, {{ first_number }} - 1 + row_number() over (
        order by list_position([{% for treasury in treasuries %}{{ treasury | sql }}{{ ", " if not loop.last }}{% endfor %}], treasury), treasury, place, position
    )) as payment_id,
    replaces, claim_id, number, instalment, treasury, place, payee, payee_name, bank, account, amount_fen, date {{ day | sql }} as planned_on
from plan
where state = 'planned'
order by payment_id;
