-- The working store of one policy. It holds what the next run needs; all of it can be made anew from vault and journal.

-- grain: one row per run of this policy
create table if not exists run (
    run integer primary key,
    label varchar not null unique,
    as_of date not null,
    folder varchar not null
);

-- grain: one row per file taken in
create table if not exists received_file (
    run integer not null,
    file varchar not null,
    file_sha256 varchar not null
);

{% for table in reference_tables %}
-- grain: one row per line loaded; the latest of a key counts, the others are its history
create table if not exists {{ table.name }} (
    run integer not null,
    file_order integer not null,
    file varchar not null,
    file_sha256 varchar not null,
    line bigint not null,
    wan varchar[] not null,
{% for field in table.field %}
    {{ field.column }} {{ sql_type(field) }},
{% endfor %}
    raw struct({% for field in table.field %}{{ field.name }} varchar{{ ", " if not loop.last }}{% endfor %})
);

{% endfor %}
{% macro what_is_decided() %}
{% for field in claims.field %}
    {{ field.column }} {{ sql_type(field) }},
{% endfor %}
    content varchar not null,
    rule varchar,  -- null for a claim that people closed: refused on review, or withdrawn
    outcome varchar not null,
    computed_fen bigint,
    award_fen bigint not null,
    entitled_fen bigint not null,  -- what it would be if not only the highest of several items were given
    carry_fen bigint not null,  -- carried to later years (above zero), or used of what earlier years carried (below zero)
{% for treasury in treasuries %}
    {{ treasury }}_fen bigint not null,
{% endfor %}
    payee varchar,
    reason_codes varchar not null,
    file varchar not null,
    line bigint not null,
    breakdowns varchar[] not null,  -- what the policy's breakdowns say of the claim, in their order
    treasury_places varchar[] not null  -- which of the treasuries of one kind bears the share, in their order; '' where there is one
{% endmacro %}
-- grain: one row per decided claim; amounts in fen
create table if not exists decided (
    run integer not null,
    {{- what_is_decided() }});

-- what the claim is after the adjustment, in all and not in difference; as_of is the day by which it was settled, wan and cell are what it stands on
-- grain: one row per adjustment that changes its claim, from its proposal on; it counts when it is agreed
create table if not exists adjusted (
    sequence integer not null,
    number integer not null,
    as_of date not null,
    wan varchar[] not null,
    cell struct({% for field in claims.field %}{{ field.name }} varchar{{ ", " if not loop.last }}{% endfor %}),
    {{- what_is_decided() }});

-- grain: one row per claim that waits for a person; its cells as they were received, to be read again on each try
create table if not exists held (
    run integer not null,
    claim_id varchar not null,
    content varchar not null,
    changed boolean not null,
    sticky varchar,
    file varchar not null,
    file_sha256 varchar not null,
    file_order integer not null,
    line bigint not null,
    wan varchar[] not null,
    cell struct({% for field in claims.field %}{{ field.name }} varchar{{ ", " if not loop.last }}{% endfor %}),
    place struct({% for field in claims.field if field.type == "place" %}{{ field.name }} varchar{{ ", " if not loop.last }}{% else %}none varchar{% endfor %})
);

-- grain: one row per decided claim as it stands: as its run decided it, or as the latest agreed adjustment left it; its run stays its own
create view if not exists decided_net as
with latest as (
{% with before = none %}{% include "adjust/latest_adjusted.sql" %}{% endwith %}

)
select * from decided
where claim_id not in (select claim_id from latest)
union all by name
select decided.run, latest.* exclude (sequence, number, as_of, wan, cell)
from latest
join decided using (claim_id);
