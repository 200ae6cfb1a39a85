-- grain: one row per line whose claim id is repeated: what its content makes of it, and whether it is the line to show
create or replace temp table repeated_line as
{% if not compared %}
select
    null::integer as file_order, null::bigint as line, null::varchar as claim_id, null::boolean as doubled, null::boolean as shown, null::varchar as fate,
    null::varchar as reason
where false;
{% else %}
with line as (
    select file_order, file, line, claim_id, content from (
        {{ compared }}
    )
),
compared as (
    select
        *,
        first(file) over same as first_file,
        first(line) over same as first_line,
        row_number() over same as occurrence,
        (claim_id, content) in (select (claim_id, content) from decided_net semi join repeated_id using (claim_id)) as is_decided,
        (claim_id, content) in (select (claim_id, content) from held) as is_held
    from line
    window same as (partition by claim_id, content order by file_order, line)
),
judged as (
    select
        *,
        case
            when is_decided then '与已决定的申报内容相同'
            when is_held then '与待处理的申报内容相同'
            when occurrence > 1 then '与' || case when first_file <> file then first_file else '' end || '第' || first_line || '行内容相同'
        end as duplicate_of
    from compared
),
-- lines of one id that are no duplicates differ from each other; the last of them is shown
last_line as (
    select
        claim_id,
        arg_max(file, (file_order, line)) as last_file,
        arg_max(line, (file_order, line)) as last_line,
        max((file_order, line)) as last_place,
        count(*) > 1 as doubled
    from judged
    where duplicate_of is null
    group by claim_id
)
select
    file_order, line, claim_id, doubled,
    duplicate_of is null and (file_order, line) = last_place as shown,
    case when duplicate_of is null then 'loaded' else 'duplicate' end as fate,
    case
        when duplicate_of is not null then duplicate_of
        when (file_order, line) <> last_place
            then '编号重复，以' || case when last_file <> file then last_file else '' end || '第' || last_line || '行为准'
    end as reason
from judged
left join last_line using (claim_id);
{% endif %}
