-- Tables and views of the schemas that keep or show something, with their columns and what is said of them.
select
    namespace.nspname as in_schema,
    relation.relname as relation,
    relation.relkind in ('v', 'm') as is_view,
    obj_description(relation.oid, 'pg_class') as relation_says,
    attribute.attname as called,
    format_type(attribute.atttypid, attribute.atttypmod) as of_type,
    col_description(relation.oid, attribute.attnum) as says
from pg_class as relation
inner join pg_namespace as namespace on relation.relnamespace = namespace.oid
inner join pg_attribute as attribute on relation.oid = attribute.attrelid
where
    namespace.nspname = any(%(schemas)s)
    and relation.relkind in ('r', 'p', 'v', 'm')
    and attribute.attnum > 0
    and not attribute.attisdropped
order by namespace.nspname, relation.relname, attribute.attnum;
