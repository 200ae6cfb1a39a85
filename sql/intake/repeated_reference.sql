-- the lines of a reference table that say what the line before them said, beside those of the claims
insert into repeated_line by name
select
    file_order, line, false as shown, 'duplicate' as fate,
    '与' || case when replaced_file <> file then replaced_file else '' end || '第' || replaced_line || '行内容相同' as reason
from reference_line
where repeated;
