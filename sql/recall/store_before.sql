-- grain: as the store's tables have it: their rows of earlier runs than the recalled one, which are all that it could see
{% for table in tables %}
create or replace temp view {{ table }} as select * from "{{ policy }}".{{ table }} where run < {{ run }};
{% endfor %}
