-- grain: one row per table or view of the store: its schema, its name, what it is, and its definition
select schema_name, table_name, 'table' as kind, sql from duckdb_tables() where database_name = $catalog and not temporary
union all
select schema_name, view_name, 'view', sql from duckdb_views() where database_name = $catalog and not temporary and not internal
order by schema_name, table_name
