-- grain: one row per party that runs have registered, by its latest row: its name, and whether it may be ranked
create or replace temp table registered as
select {{ key }} as party, {{ payment.name }} as party_name, ({{ eligible }}) is true as eligible
from {{ payment.table }} as reference
qualify row_number() over (partition by {{ key }} order by run desc, file_order desc, line desc) = 1;
