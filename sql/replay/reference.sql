-- grain: one row per line of {{ table.name }} that the recorded run loaded
create or replace temp table typed_{{ table.name }} as
select * exclude (run) from {{ source }};
