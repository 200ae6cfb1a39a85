-- grain: one row per label and clause: claims by what became of them, what was awarded, and by how much that was adjusted since, in fen
with settled as (
    select run, coalesce(clause, '') as clause, outcome, award_fen from decided
    union all
    select decided.run, decided.clause, 'adjusted', adjustment.award_fen
    from adjustment
    join decided using (claim_id)
    where adjustment.action = 'agree'
    union all
    select run, coalesce(cell.{{ clause_field }}, '') as clause, 'held', 0 from held
)
select
    run.label, settled.clause,
    count(*) filter (where outcome = 'approved'), count(*) filter (where outcome = 'reduced'),
    count(*) filter (where outcome = 'rejected'), count(*) filter (where outcome = 'held'),
    cast(coalesce(sum(award_fen) filter (where outcome <> 'adjusted'), 0) as bigint),
    cast(coalesce(sum(award_fen) filter (where outcome = 'adjusted'), 0) as bigint)
from settled
join run using (run)
group by run.run, run.label, settled.clause
order by run.run, settled.clause
