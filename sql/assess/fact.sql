-- grain: one row per claim of the batch, with everything that the policy's expressions may ask of it
{% macro keys(lookup, named=true) -%}
{% for theirs, _ in lookup.on %}reference.{{ theirs }}{{ ", " if not loop.last }}{% endfor %}
{% for ours in lookup.asked %}, claim.{{ ours }}{{ ' as claim__' ~ ours if named }}{% endfor %}
{%- endmacro %}
{% macro best(lookup) -%}
{{ "min" if lookup.takes == "smallest" else "max" }}
{%- endmacro %}
create or replace temp table fact as
select
    settling_order.seq,
    batch.*,
    date '{{ as_of }}' as as_of
{% for join in joins %}
    , {{ join.name }}.file is not null as {{ join.name }}__found
    , {{ join.name }}.file as {{ join.name }}__file
    , {{ join.name }}.line as {{ join.name }}__line
{% for column, unread in join.columns %}
    , {{ join.name }}.{{ column }} as {{ join.name }}__{{ column }}
    , {{ unread }} as {{ join.name }}__{{ column }}__unread
{% endfor %}
{% endfor %}
{% for lookup in lookups %}
{% if lookup.takes in ("count", "deficit") %}
    -- without a row there are none, and nothing is left to set off; where it cannot be told which rows are the claim's, their number is not known
    , case
        when {{ lookup.name }}.rows is null{% for _, ours in lookup.on %} and batch.{{ ours }} is not null{% endfor %}{% for ours in lookup.asked %} and batch.{{ ours }} is not null{% endfor %} then 0
        else {{ lookup.name }}.found.value
    end as {{ lookup.name }}
{% else %}
    , {{ lookup.name }}.found.value as {{ lookup.name }}
{% endif %}
    -- of rows that cannot be read, those matter that would come before what was found
    , coalesce({{ lookup.name }}.unread{% if lookup.takes in ("smallest", "largest") %} and coalesce({{ lookup.name }}.doubtful {{ "<" if lookup.takes == "smallest" else ">" }} {{ lookup.name }}.found.value, true){% endif %}, false) as {{ lookup.name }}__unread
    , {{ lookup.name }}.found.file as {{ lookup.name }}__file
    , {{ lookup.name }}.found.line as {{ lookup.name }}__line
{% endfor %}
from batch
join settling_order using (claim_id)
{% for join in joins %}
left join current_{{ join.table }} as {{ join.name }}
    on {% for theirs, ours in join.on %}{{ join.name }}.{{ theirs }} = batch.{{ ours }}{{ " and " if not loop.last }}{% endfor %}

{% endfor %}
{% for lookup in lookups %}
left join (
    select
        {{ keys(lookup) }},
        count(*) as rows,
        coalesce(bool_or({{ lookup.unread }}) filter (({{ lookup.when }}) is not false), false) as unread,
{% if lookup.takes in ("smallest", "largest") %}
        {{ best(lookup) }}({'value': reference.{{ lookup.column }}, 'file': reference.file, 'line': reference.line})
            filter (reference.{{ lookup.column }} is not null and ({{ lookup.when }})) as found,
        -- none where such a row does not even tell its value
        case when not bool_or(({{ lookup.unread }}) and reference.{{ lookup.column }} is null and ({{ lookup.when }}) is not false)
            then {{ best(lookup) }}(reference.{{ lookup.column }}) filter (({{ lookup.unread }}) and ({{ lookup.when }}) is not false) end as doubtful
{% elif lookup.takes == "sum" %}
        {'value': case when not bool_or(({{ lookup.when }}) is null or (({{ lookup.when }}) and reference.{{ lookup.column }} is null))
            then cast(try_cast(sum(reference.{{ lookup.column }}) filter ({{ lookup.when }}) as decimal(18, 0)) as bigint) end,
         'file': null::varchar, 'line': null::bigint} as found
{% elif lookup.takes == "deficit" %}
        -- what is left is the lowest that the rows from some time on come to together, where that is below zero
        {'value': case when not bool_or(({{ lookup.when }}) is null or (({{ lookup.when }}) and (
                {% for column in [lookup.by] + lookup.columns %}reference.{{ column }} is null{{ " or " if not loop.last }}{% endfor %})))
            then cast(try_cast(greatest(0, coalesce(list_max(list_transform(
                list(reference.{{ lookup.by }}) filter ({{ lookup.when }}),
                lambda since: -list_sum(list_transform(
                    list_filter(list({'by': reference.{{ lookup.by }}, 'fen': {% for column in lookup.columns %}reference.{{ column }}{{ " + " if not loop.last }}{% endfor %}}) filter ({{ lookup.when }}), lambda one: one.by >= since),
                    lambda one: cast(one.fen as hugeint)
                ))
            )), 0)) as decimal(18, 0)) as bigint) end,
         'file': null::varchar, 'line': null::bigint} as found
{% else %}
        {'value': case when not bool_or(({{ lookup.when }}) is null) then count(*) filter ({{ lookup.when }}) end,
         'file': null::varchar, 'line': null::bigint} as found
{% endif %}
    from current_{{ lookup.table }} as reference
{% if lookup.asked %}
    join (select distinct {{ lookup.claim_columns | join(", ") }} from batch) as claim
        on {% for theirs, ours in lookup.on %}reference.{{ theirs }} = claim.{{ ours }}{{ " and " if not loop.last }}{% endfor %}

{% endif %}
    group by {{ keys(lookup, false) }}
) as {{ lookup.name }}
    on {% for theirs, ours in lookup.on %}{{ lookup.name }}.{{ theirs }} = batch.{{ ours }}{{ " and " if not loop.last }}{% endfor %}
{% for ours in lookup.asked %} and {{ lookup.name }}.claim__{{ ours }} = batch.{{ ours }}{% endfor %}

{% endfor %};

-- what it was made from is not needed any more
drop view batch;
drop table if exists incoming_claim;
drop table settling_order;
