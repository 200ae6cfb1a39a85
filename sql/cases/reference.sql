-- grain: one row per line of {{ table.name }}: no key stands twice in a world, and awards are not told apart
create or replace temp table current_{{ table.name }} as
{{ typed }};
