-- grain: one row per settled claim and thing that must be known of it and is not, by the number of its situation: the facts that lack, or where
-- none does the first value that cannot be told
create or replace temp table lacking as
with lack as (
    select null::bigint as seq, null::integer as part, null::integer[] as facts, null::integer[] as others where false
{% macro numbers(wanted, facts) -%}
[{% for one in wanted if one.is_fact == facts %}case when {{ one.lacks }} then {{ number[one.cell] }} end{{ ", " if not loop.last }}{% endfor %}]::integer[]
{%- endmacro %}
{% for rule in rules %}
{% if rule.read %}
    union all
    select seq, 1, {{ numbers(rule.read, true) }}, []
    from fact
    anti join held_code using (seq)
    anti join closed using (seq)
    where ({{ rule.condition }}) and ({% for one in rule.read %}{{ one.lacks }}{{ " or " if not loop.last }}{% endfor %})
{% endif %}
    union all
    select seq, 1, {{ numbers(rule.wanted, true) }}, {{ numbers(rule.wanted, false) }}
    from {{ rule.table }}
    where refusals is null and ({% for one in rule.wanted %}{{ one.lacks }}{{ " or " if not loop.last }}{% endfor %})
    union all
    select seq, 2, []::integer[], {{ numbers(rule.wanted_of_award, false) }}
    from {{ rule.table }}
    join (
        select seq, award_fen{% for treasury in treasuries %}, {{ treasury }}_fen{% endfor %} from decision where rule = {{ rule.id | sql }} and award_fen > 0
    ) as decision using (seq)
    where {% for one in rule.wanted_of_award %}{{ one.lacks }}{{ " or " if not loop.last }}{% endfor %}

{% endfor %}
{% for clause, wanted in ways %}
    union all
    select seq, 1, {{ numbers(wanted, true) }}, []
    from fact
    anti join held_code using (seq)
    anti join decision using (seq)
    where clause = {{ clause | sql }}
{% endfor %}
),
told as (
    select
        seq,
        list_filter(flatten(list(facts order by part)), lambda case_number: case_number is not null) as facts,
        list_filter(flatten(list(others order by part)), lambda case_number: case_number is not null)[1:1] as others
    from lack
    group by seq
)
select distinct seq, unnest(case when len(facts) > 0 then facts else others end) as case_number
from told;
