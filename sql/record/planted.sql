-- grain: one row per function, index, sequence or type that a store holds besides tables and views: its schema, its name, and what it is
select schema_name, function_name as name, 'function' as kind from duckdb_functions() where database_name = $catalog and not internal
union
select schema_name, index_name, 'index' from duckdb_indexes() where database_name = $catalog
union
select schema_name, sequence_name, 'sequence' from duckdb_sequences() where database_name = $catalog
union
select schema_name, type_name, 'type' from duckdb_types() where database_name = $catalog and not internal
order by all
