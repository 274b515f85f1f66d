-- Text columns of Dagster's tables, each with the table's primary key.
select
    text_column.table_name,
    text_column.column_name,
    key_column.column_name as key
from information_schema.columns as text_column
inner join information_schema.tables as base
    on text_column.table_schema = base.table_schema and text_column.table_name = base.table_name
inner join information_schema.table_constraints as primary_key
    on
        text_column.table_schema = primary_key.table_schema
        and text_column.table_name = primary_key.table_name
        and primary_key.constraint_type = 'PRIMARY KEY'
inner join information_schema.key_column_usage as key_column
    on primary_key.constraint_schema = key_column.constraint_schema
    and primary_key.constraint_name = key_column.constraint_name
    and key_column.ordinal_position = 1
where
    text_column.table_schema = 'public'
    and base.table_type = 'BASE TABLE'
    and text_column.data_type in ('text', 'character varying')
    and text_column.column_name <> key_column.column_name
order by text_column.table_name, text_column.column_name;
