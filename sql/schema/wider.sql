-- grain: as the tables of a policy have it, made wider by what a later version of it has more. Rows of before have nothing there, and no share of a treasury that is new.
-- Until an event counts under that version the store says that it was made by other tables, so that it is made anew if none does.
drop view if exists decided_net;
{% for table, column, type in columns %}
alter table {{ table }} add column if not exists {{ column }} {{ type }};
{% endfor %}
{% if of_record %}
update store.made_by set schema_sha256 = '';
{% endif %}
