-- grain: one row per row of {{ table }}, those of an act that is not recorded yet included
create temp view {{ table }} as
select * from "{{ policy }}".{{ table }}
union all by name
select (select coalesce(max(sequence), 0) + 1 from store.applied)::integer as sequence, * from ({{ query }});
