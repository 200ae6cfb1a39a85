-- grain: one row per line that says what a line before it said: those of a reference table, beside those of the claims
insert into repeated_line by name
select
    file_order, line, false as shown, 'duplicate' as fate,
    '与' || case when replaced_file <> file then replaced_file else '' end || '第' || replaced_line || '行内容相同' as reason
from reference_line
where repeated;
