-- Statements of which a mapping makes another event than the one that stands, with the columns that differ as
-- [standing, new]; of those that have no event yet, all columns that are not null.
select
    incoming.statement_id::text as statement_id,
    incoming.verb_id,
    incoming.object_id,
    standing.statement_id is null as added,
    (
        select jsonb_object_agg(after.key, jsonb_build_array(before.value, after.value))
        from jsonb_each(to_jsonb(incoming)) as after
        left join jsonb_each(to_jsonb(standing)) as before on after.key = before.key
        where after.value is distinct from coalesce(before.value, 'null')
    ) as changes
from lrs.mapped_again(%(events)s) as incoming
left join core.event as standing on incoming.statement_id = standing.statement_id
where incoming.* is distinct from standing.*
order by incoming.position;
