-- grain: one row per trial to which an earlier year carries an amount
delete from decided;
insert into decided by name
select
    * exclude (file_sha256, file_order, wan, place, raw, case_line),
    '' as content, '' as rule, 'reduced' as outcome, 0 as computed_fen, 0 as award_fen, 0 as entitled_fen, cast(cast($carried_yuan[case_line] as decimal(17, 2)) * 100 as bigint) as carry_fen, 0 as run,
{% for treasury in treasuries %}
    0 as {{ treasury }}_fen,
{% endfor %}
    '' as reason_codes, []::varchar[] as breakdowns, []::varchar[] as treasury_places
from (select *, line as case_line from ({{ typed }}));
