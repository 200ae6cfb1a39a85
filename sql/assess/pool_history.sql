-- grain: one row per pool and key of the batch: what counts in it from before this run: fen or claims in `history`, different values in `history_values`;
-- what its claims carried to later years less what they were given of it in `history_carry`, and that alone in `history_of_carried`, in fen
create or replace temp table pool_history as
with paid_before as (
    select {% for column, prior in columns %}{{ prior or "null" }} as {{ column }}, {% endfor %}awarded_fen as award_fen, awarded_fen as entitled_fen, awarded_fen as computed_fen, 0 as carry_fen, '' as rule
    from current_{{ awards.name }}
    union all
    select {% for column, _ in columns %}{{ column }}, {% endfor %}award_fen, entitled_fen, computed_fen, carry_fen, rule
    from decided_net
{% if not (pools | selectattr("counts", "equalto", "decided") | list) %}
    where award_fen <> 0 or entitled_fen <> 0 or carry_fen <> 0
{% endif %}
)
{% for pool in pools %}
select '{{ pool.id }}' as pool, {{ pool.key_sql }} as key, {{ pool.history_sql }} as history, {{ pool.history_values_sql }} as history_values,
    bounded(sum(carry_fen)) as history_carry,
    {% if pool.carrying %}bounded(sum(greatest(0, -carry_fen)) filter (clause in ({% for clause in pool.carrying %}'{{ clause }}'{{ ", " if not loop.last }}{% endfor %}))){% else %}0{% endif %} as history_of_carried
from paid_before
where clause in ({% for member in pool.members %}'{{ member }}'{{ ", " if not loop.last }}{% endfor %}) and {{ pool.key_sql }} in (
    select {{ pool.key_sql }} from fact
)
group by {{ pool.key_sql }}
{{ "union all" if not loop.last }}
{% else %}
select null::varchar as pool, null::varchar as key, null::bigint as history, null::varchar[] as history_values, 0::bigint as history_carry, 0::bigint as history_of_carried where false
{% endfor %};
