-- grain: one row per pool and key of the batch: what was awarded from it before this run, in fen
create or replace temp table pool_history as
with paid_before as (
    select claimant, clause, claim_year, awarded_fen as award_fen from current_{{ awards.name }}
    union all
    select claimant, clause, claim_year, award_fen from decided where award_fen <> 0
),
concerned as (
    select * from paid_before where claimant in (select claimant from fact)
)
{% for pool, key, members in pools %}
select '{{ pool }}' as pool, {{ key }} as key, cast(sum(award_fen) as bigint) as history_fen
from concerned
where clause in ({% for member in members %}'{{ member }}'{{ ", " if not loop.last }}{% endfor %})
group by {{ key }}
{{ "union all" if not loop.last }}
{% endfor %};
