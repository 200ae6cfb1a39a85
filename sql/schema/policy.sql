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
-- grain: one row per decided claim; amounts in fen
create table if not exists decided (
    run integer not null,
{% for field in claims.field %}
    {{ field.column }} {{ sql_type(field) }},
{% endfor %}
    content varchar not null,
    rule varchar,  -- null for a claim that people closed: refused on review, or withdrawn
    outcome varchar not null,
    computed_fen bigint,
    award_fen bigint not null,
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
);

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
