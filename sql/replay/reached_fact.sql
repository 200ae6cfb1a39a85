-- grain: one row per run and claim of its batch, for the runs that are settled together and the clauses that a change can reach
create or replace temp view fact as
select *
from run_fact
where run between {{ first }} and {{ last }} and clause in ({% for clause in clauses %}{{ clause | sql }}{{ ", " if not loop.last }}{% endfor %});
