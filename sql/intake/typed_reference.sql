-- grain: one row per line of {{ table.name }} that is loaded
create or replace temp table typed_{{ table.name }} as
select * exclude (place, content, key_content, repeated, replaced_file, replaced_line)
from reference_line
where not repeated;
