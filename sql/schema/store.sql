-- What the store holds of the journal. One schema per policy lies beside this one.
create schema if not exists store;

-- grain: one row: the SHA-256 of the definitions of all tables of the program that made this store
create table if not exists store.made_by as
select {{ schema_sha256 | sql }} as schema_sha256;

-- grain: one row per event that was applied: its line in the journal, and the SHA-256 of that line, which stands for all lines before it, too
create table if not exists store.applied (
    sequence integer not null unique,
    sha256 varchar not null
);
