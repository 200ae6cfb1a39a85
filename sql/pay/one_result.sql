-- grain: one row per payment that is settled without a file
create or replace temp table new_result (
    payment_id varchar not null,
    result varchar not null,
    resulted_on date not null,
    reason varchar not null
);
