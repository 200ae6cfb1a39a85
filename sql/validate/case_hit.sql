-- grain: one row per claim and situation of a code that holds for it
create or replace temp table case_hit as
{% for case in cases %}
select seq, {{ case.number }} as case_number, '{{ case.code }}' as code
from fact
where {{ case.condition }}
{% if case.peer %}
    and exists (
        select 1 from peer as other
        where other.seq < fact.seq and other.claim_id <> fact.claim_id and {{ case.peer }}
    )
{% endif %}
{{ "union all" if not loop.last }}
{% endfor %};
