-- grain: one row per treasury, place and year of a budget file
create or replace temp table new_budget (
    treasury varchar not null,
    place varchar not null,
    year integer not null,
    amount_fen bigint not null
);
