-- grain: one row per trial claim, in their order: what became of it (unknown: no run could settle it), and what is watched
with case_of as (
    select seq, list(distinct case_number order by case_number) as cases from case_hit group by seq
),
held_by as (
    select seq, string_agg(code, ';' order by code) as codes from held_code group by seq
),
bound_by as (
    select seq, list(name order by ordinal) as limits from limit_step where bound group by seq
),
-- a claim of which the rule asks what it does not have cannot be settled: a run would stop there
atom_of as (
{% for rule in rules %}
    select
        seq, refusals is null and (computed_fen is null{% for part in (rule.facts | list) + (rule.layers | list) %} or {{ part.column }} is null{% endfor %}) as unknown,
        [{% for atom in watched.atoms[rule.id] %}({{ atom.sql }}){{ ", " if not loop.last }}{% endfor %}]::boolean[] as atoms,
        [{% for goal in watched.goals[rule.id] %}({{ goal.sql }}){{ ", " if not loop.last }}{% endfor %}]::boolean[] as goals,
        [{% for follow in rule.follows %}case when award_fen > 0 then concat_ws(' ', {{ follow.amount_sql or "''" }}, {{ follow.day_sql }}) end{{ ", " if not loop.last }}{% endfor %}]::varchar[] as follows
    from {{ rule.table }}
    -- what asks for the award of a claim that has none is told by an award of nothing
    join (select fact.seq, coalesce(decision.award_fen, 0) as award_fen from fact left join decision using (seq)) using (seq)
{{ "    union all" if not loop.last }}
{% endfor %}
)
{% for lookup in lookups %},
-- for how many of the rows that {{ lookup.name }} looks at each of its comparisons holds
rows_of_{{ lookup.name }} as (
    select
        claim.seq,
        [{% for atom in watched.rows if atom.lookup == lookup.name %}count(*) filter ({{ atom.sql }}){{ ", " if not loop.last }}{% endfor %}]::bigint[] as rows
    from fact as claim
    join current_{{ lookup.table }} as reference
        on {% for theirs, ours in lookup.on %}reference.{{ theirs }} = claim.{{ ours }}{{ " and " if not loop.last }}{% endfor %}

    group by claim.seq
)
{% endfor %}
select
    decision.rule,
    case
        when held_by.seq is not null then 'exception'
        when decision.seq is null or decision.award_fen is null or atom_of.unknown then 'unknown'
        else decision.outcome
    end,
    coalesce(decision.award_fen, 0), coalesce(held_by.codes, decision.reason_codes),
    coalesce(case_of.cases, []), coalesce(bound_by.limits, []), coalesce(decision.carried_fen > 0, false),
    coalesce(atom_of.atoms, []), coalesce(atom_of.goals, []),
    [{% for asked in watched.asked %}({{ asked.sql }}){{ ", " if not loop.last }}{% endfor %}]::boolean[],
    flatten([{% for lookup in lookups %}coalesce(rows_of_{{ lookup.name }}.rows, [{% for atom in watched.rows if atom.lookup == lookup.name %}0{{ ", " if not loop.last }}{% endfor %}]){{ ", " if not loop.last }}{% endfor %}]::bigint[][]),
    [{% for lookup in lookups %}cast(fact.{{ lookup.name }} as varchar){{ ", " if not loop.last }}{% endfor %}]::varchar[],
    [{% for treasury in treasuries %}cast(decision.{{ treasury }}_fen as varchar){{ ", " if not loop.last }}{% endfor %}]::varchar[] || coalesce(atom_of.follows, [])
from fact
left join decision using (seq)
left join case_of using (seq)
left join held_by using (seq)
left join bound_by using (seq)
left join atom_of using (seq)
{% for lookup in lookups %}
left join rows_of_{{ lookup.name }} using (seq)
{% endfor %}
where starts_with(fact.claim_id, {{ claim | sql }})
order by fact.claim_id
