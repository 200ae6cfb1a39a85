-- grain: one row per claim and situation of a code that holds for it
create or replace temp table case_hit as
-- what the claim shows by itself is asked of all claims at once, and only of the few for which something holds which it is
with suspect as (
    select
        seq,
        unnest(list_filter(
            [{% for case in cases if case.by_itself %}case when {{ case.condition }} then {{ case.number }} end{{ ", " if not loop.last }}{% endfor %}]::integer[],
            lambda case_number: case_number is not null
        )) as case_number
    from fact
    where {% for case in cases if case.by_itself %}({{ case.condition }}){{ " or " if not loop.last }}{% else %}false{% endfor %}

),
code_of_case (case_number, code) as (
    values {% for case in cases %}({{ case.number }}, '{{ case.code }}'){{ ", " if not loop.last }}{% endfor %}

)
select seq, case_number, code
from suspect
join code_of_case using (case_number)
{% for case in cases if not case.by_itself %}
union all
select seq, {{ case.number }} as case_number, '{{ case.code }}' as code
from fact
{% if case.peer %}
semi join peer as other on other.seq < fact.seq and other.claim_id <> fact.claim_id and {{ case.peer }}
{% endif %}
where {{ case.condition }}
{% endfor %};
