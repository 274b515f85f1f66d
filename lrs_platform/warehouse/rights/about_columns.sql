-- Columns that say whom or which statement a row is about, by their names: in every table there is, also in later ones.
-- lrs.statement, core.event and the statements set aside are read by what they say; marts follow by their refresh.
select
    columns.table_schema,
    columns.table_name,
    columns.column_name
from information_schema.columns
inner join information_schema.tables
    on columns.table_schema = tables.table_schema and columns.table_name = tables.table_name
where
    tables.table_type = 'BASE TABLE'
    and columns.table_schema not in ('pg_catalog', 'information_schema', 'changed', 'everything')
    and columns.column_name in (
        'learner_id', 'kept_id', 'merged_id', 'actor_key', 'agent_key', 'mail_key', 'address_key', 'statement_id'
    )
    and (columns.table_schema, columns.table_name) not in (
        ('lrs', 'statement'), ('lrs', 'conflict'), ('lrs', 'rejected'), ('core', 'event')
    )
order by columns.table_schema, columns.table_name, columns.column_name;
