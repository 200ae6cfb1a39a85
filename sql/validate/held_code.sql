-- grain: one row per claim and exception code that holds it: found now, or kept from the night when the claim was first held, and not waived
create or replace temp table held_code as
with kept as (
    select seq, unnest(string_split(sticky, ';')) as code
    from fact
    where sticky is not null
),
found as (
    select distinct seq, code from case_hit
),
displaced as (
{% for code, other in not_with %}
    select found.seq, found.code from found
    where found.code = '{{ code }}' and exists (
        select 1 from (select * from found union all select * from kept) as beside
        where beside.seq = found.seq and beside.code = '{{ other }}'
    )
{{ "union all" if not loop.last }}
{% else %}
    select null::bigint as seq, null::varchar as code where false
{% endfor %}
),
holding as (
    select seq, code from found anti join displaced using (seq, code)
    union
    select seq, code from kept
)
select seq, code from holding
anti join (select seq, code from standing_ruling where action = 'waive') as waived using (seq, code);
