-- grain: one row per claim of the batch, with everything that the policy's expressions may ask of it
create or replace temp table fact as
select
    settling_order.seq,
    batch.*,
    date '{{ as_of }}' as as_of
{% for join in joins %}
    , {{ join.name }}.file is not null as {{ join.name }}__found
    , {{ join.name }}.file as {{ join.name }}__file
    , {{ join.name }}.line as {{ join.name }}__line
{% for column in join.columns %}
    , {{ join.name }}.{{ column }} as {{ join.name }}__{{ column }}
{% endfor %}
{% endfor %}
{% for lookup in lookups %}
    , {{ lookup.name }}.smallest.value as {{ lookup.name }}
    , {{ lookup.name }}.smallest.file as {{ lookup.name }}__file
    , {{ lookup.name }}.smallest.line as {{ lookup.name }}__line
{% endfor %}
from batch
join settling_order using (claim_id)
{% for join in joins %}
left join current_{{ join.table }} as {{ join.name }}
    on {% for theirs, ours in join.on %}{{ join.name }}.{{ theirs }} = batch.{{ ours }}{{ " and " if not loop.last }}{% endfor %}

{% endfor %}
{% for lookup in lookups %}
left join (
    select {% for theirs, _ in lookup.on %}{{ theirs }}, {% endfor %}min({'value': {{ lookup.smallest }}, 'file': file, 'line': line}) as smallest
    from current_{{ lookup.table }}
    where {{ lookup.smallest }} is not null and ({{ lookup.when }})
    group by {% for theirs, _ in lookup.on %}{{ theirs }}{{ ", " if not loop.last }}{% endfor %}

) as {{ lookup.name }}
    on {% for theirs, ours in lookup.on %}{{ lookup.name }}.{{ theirs }} = batch.{{ ours }}{{ " and " if not loop.last }}{% endfor %}

{% endfor %};

-- what it was made from is not needed any more
drop view batch;
drop table incoming_claim;
drop table settling_order;
