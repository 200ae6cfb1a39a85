-- grain: one row per file that was read, in byte order of the names
create or replace temp table input_file as
select cast(file_order as integer) as file_order, file, file_sha256, table_name, lines, no_op
from {{ source }};
