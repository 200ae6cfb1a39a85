-- grain: one row per run and claim of its batch; seq is the order of settling over all runs
create or replace temp view run_fact as
{% for run in runs %}
select {{ run }} as run, * replace ({{ loop.index }} * 1000000000000 + seq as seq) from fact_{{ run }}
{{ "union all" if not loop.last }}
{% endfor %};

-- what the last run of a history left takes no part
drop table if exists temp.fact;
drop table if exists temp.held_code;

-- grain: one row per run, held claim and code
create or replace temp view held_code as
{% for run in runs %}
select {{ loop.index }} * 1000000000000 + seq as seq, code from held_code_{{ run }}
{{ "union all" if not loop.last }}
{% endfor %};
