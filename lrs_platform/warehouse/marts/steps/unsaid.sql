-- Columns of views that nothing is said of, and what is said of the column of the same name that each is made of; names
-- that stand beside ids, and pseudonyms, say so everywhere. Views of views follow those that they are made of.
with described as (
    select
        namespace.nspname as in_schema,
        relation.relname as relation,
        relation.relkind = 'v' as is_view,
        attribute.attname as called,
        col_description(relation.oid, attribute.attnum) as says
    from pg_class as relation
    inner join pg_namespace as namespace on relation.relnamespace = namespace.oid
    inner join pg_attribute as attribute on relation.oid = attribute.attrelid
    where
        namespace.nspname in ('lrs', 'core', 'mart', 'outreach', 'report', 'report_pii')
        and relation.relkind in ('r', 'p', 'v')
        and attribute.attnum > 0
        and not attribute.attisdropped
)

select
    silent.in_schema,
    silent.relation,
    silent.called,
    coalesce(min(source.says), names.says) as says
from described as silent
left join information_schema.view_column_usage as usage
    on silent.in_schema = usage.view_schema and silent.relation = usage.view_name and silent.called = usage.column_name
left join described as source
    on usage.table_schema = source.in_schema and usage.table_name = source.relation and usage.column_name = source.called
left join (
    values
    ('learner', 'Pseudonym of the learner.'),
    ('lesson', 'Name of the lesson.'),
    ('cohort', 'Name of the cohort.'),
    ('card', 'Name of the card.'),
    ('last_card', 'Name of the last card.')
) as names (called, says) on silent.called = names.called
where silent.is_view and silent.says is null
group by silent.in_schema, silent.relation, silent.called, names.says
having coalesce(min(source.says), names.says) is not null;
