-- Tables of schema mart as the model writes them: column by column with its type, and the columns of the key in order.
select
    relation.relname as mart,
    (
        select jsonb_object_agg(attname, format_type(atttypid, atttypmod))
        from pg_attribute
        where attrelid = relation.oid and attnum > 0 and not attisdropped
    ) as columns,
    (
        select array_agg(attname::text order by array_position(conkey, attnum))
        from pg_constraint
        inner join pg_attribute on attrelid = conrelid and attnum = any(conkey)
        where conrelid = relation.oid and contype = 'p'
    ) as key
from pg_class as relation
inner join pg_namespace as namespace on relation.relnamespace = namespace.oid
where namespace.nspname = 'mart' and relation.relkind in ('r', 'p');
