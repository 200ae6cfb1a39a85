-- grain: as the store's tables have it: their rows of what was before the recalled run, which are all that it could see; `decided_net` is a view over some of them
{% for table, since in tables %}
create or replace temp view {{ table }} as select * from "{{ policy }}".{{ table }} where {{ since }} < {{ run }};
{% endfor %}
