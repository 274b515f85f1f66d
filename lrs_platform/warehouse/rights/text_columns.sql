-- Columns that hold text, of every table of this database.
select
    columns.table_schema,
    columns.table_name,
    columns.column_name,
    columns.udt_name
from information_schema.columns
inner join information_schema.tables
    on columns.table_schema = tables.table_schema and columns.table_name = tables.table_name
where
    tables.table_type = 'BASE TABLE'
    and columns.table_schema not in ('pg_catalog', 'information_schema')
    and columns.udt_name in ('text', 'varchar', 'json', 'jsonb', '_text', 'bytea')
    and columns.is_generated = 'NEVER'
    -- It keeps whom it is about until it is finished.
    and (columns.table_schema, columns.table_name, columns.column_name) <> ('lrs', 'erasure', 'subject')
order by columns.table_schema, columns.table_name, columns.column_name;
