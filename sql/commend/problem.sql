-- grain: one row per line of the scores and problem that keeps its party from being ranked
with line as (
    select
        scored.*, registered.party_name, registered.eligible, registered.party is not null as known,
        row_number() over same as occurrence, first(scored.file) over same as first_file, first(scored.line) over same as first_line
    from scored
    left join registered using (party)
    window same as (partition by party order by file_order, line)
),
problem as (
    select file_order, file, line, 1 as place, 'other_year' as kind, cast(scored_year as varchar) as found, '' as named
    from line where scored_year <> {{ for_year }}
    union all
    select file_order, file, line, 2, 'doubled', party, first_file || ':' || first_line from line where party is not null and occurrence > 1
{% if checked_by %}
    union all
    select file_order, file, line, 3, 'misspelt', party, '' from line where not {{ checked_by }}(party)
{% endif %}
    union all
    select file_order, file, line, 4, 'unknown', party, ''
    from line where party is not null and not known{{ " and " ~ checked_by ~ "(party)" if checked_by }}
    union all
    select file_order, file, line, 5, 'not_eligible', party, coalesce(party_name, '') from line where known and not eligible
    union all
    select file_order, file, line, 6, 'nameless', party, '' from line where known and party_name is null
)
select file, line, kind, found, named
from problem
order by file_order, line, place
