-- grain: one row per measure of the batch: value in pieces, hundredths of a per cent, or fen; NULL where it could not be counted
{% macro share(part, whole) -%}
(({{ part }}) * 10000 + greatest({{ whole }}, 1) - 1) // greatest({{ whole }}, 1)
{%- endmacro %}
{% macro change(now, before) -%}
(abs({{ now }} - {{ before }}) * 10000 + {{ before }} - 1) // {{ before }} * sign({{ now }} - {{ before }})
{%- endmacro %}
with fated as (
    select file_order, count(distinct line) as fated, count(*) - count(distinct line) as fated_again
    from line_fate
    where fate is not null
    group by file_order
),
file as (
    select input_file.table_name, input_file.lines, coalesce(fated.fated, 0) as fated, coalesce(fated.fated_again, 0) as fated_again
    from input_file
    left join fated using (file_order)
),
fate as (
    select
        (select case when count(lines) = count(*) then coalesce(sum(lines), 0) end from file) as lines,
        count(*) filter (where fate = 'rejected') as rejected,
        count(*) filter (where fate = 'duplicate') as duplicate
    from line_fate
),
loaded as (
    select input_file.table_name, line_fate.claim_id from line_fate join input_file using (file_order) where line_fate.fate = 'loaded'
),
claim as (
    select count(*) as claims, (select count(distinct seq) from held_code) as held from fact
)
select 'lines' as name, lines::bigint as value from fate
union all
select 'lines_without_fate', (case when count(lines) = count(*) then coalesce(sum(abs(lines - fated) + fated_again), 0) end)::bigint from file
union all
select 'claims_missing', count(distinct claim_id) from loaded
where table_name = '{{ claims.name }}' and claim_id not in (select claim_id from fact)
union all
select 'rejected_pct', ({{ share('rejected', 'lines') }})::bigint from fate
union all
select 'duplicate_pct', ({{ share('duplicate', 'lines') }})::bigint from fate
{% for table in tables %}
union all
select 'rows.{{ table }}', count(*) from loaded where table_name = '{{ table }}'
{% endfor %}
union all
select 'claims', claims from claim
union all
select 'held_pct', {{ share('held', 'claims') }} from claim
{% for code in codes %}
union all
select 'code.{{ code }}', count(*) from held_code where code = '{{ code }}'
union all
select 'code_pct.{{ code }}', {{ share('count(*)', '(select claims from claim)') }} from held_code where code = '{{ code }}'
{% endfor %}
{% for field, needed in needed_fields %}
union all
select 'empty_pct.{{ field }}', {{ share('count(*) filter (where raw.' ~ field ~ ' is null)', 'count(*)') }} from fact where {{ needed }}
{% endfor %}
{% for field, column in money_fields %}
union all
select 'total_yuan.{{ field }}', coalesce(sum({{ column }}), 0) from fact
{% endfor %}
{% if before %}
union all
select 'change_pct.lines', ({{ change('lines', before.lines) }})::bigint from fate where {{ before.lines }} > 0 and lines > 0
union all
select 'change_pct.claims', ({{ change('claims', before.claims) }})::bigint from claim where {{ before.claims }} > 0
union all
select 'change_pct.held', ({{ change('held', before.held) }})::bigint from claim where {{ before.held }} > 0
{% endif %}
