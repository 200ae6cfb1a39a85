-- What the store holds of the journal. One schema per policy lies beside this one.
create schema if not exists store;

-- grain: one row per run that was applied
create table if not exists store.applied (
    sequence integer not null unique
);
