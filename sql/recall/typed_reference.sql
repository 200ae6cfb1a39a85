-- grain: one row per line of {{ table.name }} that the recalled run loaded
create or replace temp view typed_{{ table.name }} as
select * exclude (run)
from "{{ policy }}".{{ table.name }}
where run = {{ run }};
