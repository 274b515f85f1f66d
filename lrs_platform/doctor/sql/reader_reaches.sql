-- Relations that the readers' role may change, or read outside schema report.
select oid::regclass::text as relation
from pg_class
where
    relkind in ('r', 'v', 'm', 'p', 'f')
    and relnamespace::regnamespace::text not in ('pg_catalog', 'information_schema', 'pg_toast')
    and (
        has_table_privilege('lrs_reader', oid, 'insert, update, delete, truncate')
        or (
            relnamespace::regnamespace::text <> 'report'
            and has_schema_privilege('lrs_reader', relnamespace, 'usage')
            and has_table_privilege('lrs_reader', oid, 'select')
        )
    )
order by 1
limit 20
