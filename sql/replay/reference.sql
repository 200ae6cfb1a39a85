-- grain: one row per line of {{ table.name }} that the recorded run loaded
create or replace temp view typed_{{ table.name }} as
select * exclude (run) from {{ source }};

-- grain: one row per line that the runs before it loaded
create or replace temp view {{ table.name }} as
{% for one in earlier %}
select * from {{ one }}
union all by name
{% endfor %}
select * from {{ source }} where false;
