-- grain: one row per claim for which some situation holds that the claim shows by itself: few, so that asking which ones is cheap
create or replace temp table suspect as
select *
from fact
where
{% for case in cases if case.by_itself %}
    {{ "or " if not loop.first }}({{ case.condition }})
{% endfor %};

-- grain: one row per claim and situation of a code that holds for it
create or replace temp table case_hit as
{% for case in cases %}
select seq, {{ case.number }} as case_number, '{{ case.code }}' as code
from {{ "suspect as fact" if case.by_itself else "fact" }}
where {{ case.condition }}
{% if case.peer %}
    and exists (
        select 1 from peer as other
        where other.seq < fact.seq and other.claim_id <> fact.claim_id and {{ case.peer }}
    )
{% endif %}
{{ "union all" if not loop.last }}
{% endfor %};

drop table suspect;
