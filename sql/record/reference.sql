-- grain: one row per line of {{ table.name }} that this run loaded
select {{ run }} as run, * from typed_{{ table.name }} order by file_order, line
