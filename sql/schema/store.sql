-- What the store holds of the journal. One schema per policy lies beside this one.
create schema if not exists store;

-- grain: one row: the SHA-256 of the definitions of all tables of the program that made this store, and of the latest line of the journal in it
create table if not exists store.made_by as
select {{ schema_sha256 | sql }} as schema_sha256, '' as applied_sha256;

-- grain: one row per run that was applied
create table if not exists store.applied (
    sequence integer not null unique
);
