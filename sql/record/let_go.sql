-- grain: none: temporary tables that a run is done with are dropped, so that what is still to be done has their memory
{% for table in tables %}
drop table if exists temp.{{ table }};
{% endfor %}
