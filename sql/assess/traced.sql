-- grain: one row per settled claim, from the very relations that yield the award: what its steps say, as `step_name` tells which is which; numbers in
-- the stored unit of their name, amounts in fen
{% for trace in traces %}
{% set rule = trace.rule %}
select
    claim_id, {{ rule.id | sql if rule else "null::varchar" }} as rule,
    [{{ trace.numbers | join(", ") }}]::bigint[] as numbers,
    [{{ trace.texts | join(", ") }}]::varchar[] as texts,
    [file{% for join in trace.joins %}, {{ join }}__file{% endfor %}] as files,
    [line{% for join in trace.joins %}, {{ join }}__line{% endfor %}]::bigint[] as lines
{% if rule %}
from {{ rule.table }}
-- the narrow side is looked up, the wide one passes by
left join (
    select seq, outcome, award_fen, carried_fen{% for treasury in treasuries %}, {{ treasury }}_fen{% endfor %}

    from decision
    where rule = {{ rule.id | sql }}
) as settled using (seq)
{% else %}
from closed
join fact using (seq)
{% endif %}
{{ "union all" if not loop.last }}
{% endfor %}
{% if in_order %}
order by claim_id
{% endif %}
