-- grain: one row per run and claim of its batch, for the runs that are settled together; seq is the order of settling over them
create or replace temp view run_fact as
{% for run in runs %}
select {{ run }} as run, * replace ({{ loop.index }} * 1000000000000 + seq as seq) from fact_{{ run }}
{{ "union all" if not loop.last }}
{% endfor %};

-- grain: as `run_fact`, for the clauses that a change can reach
create or replace temp view fact as
select *
from run_fact
where clause in ({% for clause in clauses %}{{ clause | sql }}{{ ", " if not loop.last }}{% endfor %});

{% for table in ("held_code", "closed", "standing_ruling") %}
-- grain: as the recorded policy left them
create or replace temp view {{ table }} as
{% for run in runs %}
select * replace ({{ loop.index }} * 1000000000000 + seq as seq) from {{ table }}_{{ run }}
{{ "union all" if not loop.last }}
{% endfor %};
{% endfor %}
