-- What the touched events say of activities: type and parent of the first statement that gives them, name of the latest.
-- A fold over positions, so the order in which statements arrive does not matter.
with seen as (
    select
        event.object_id as iri,
        min(event.position) filter (where event.activity_type is not null) as type_position,
        max(event.position) filter (where event.object_name is not null) as name_position,
        min(event.position) filter (where event.parent_id <> event.object_id) as parent_position
    from touched_standing_event as event
    where event.object_type = 'Activity' and event.object_id <> ''
    group by event.object_id
),

described as (
    select
        seen.*,
        (
            select min(event.activity_type) from core.event
            where event.position = seen.type_position and event.object_id = seen.iri
        ) as type,
        (
            select min(event.object_name) from core.event
            where event.position = seen.name_position and event.object_id = seen.iri
        ) as name,
        (
            select min(core.key(event.parent_id)) from core.event
            where event.position = seen.parent_position and event.object_id = seen.iri
        ) as parent_iri
    from seen
),

folded as (
    insert into core.activity as known (iri, type, type_position, name, name_position, parent_iri, parent_position)
    select iri, type, type_position, name, name_position, parent_iri, parent_position
    from described
    order by iri
    on conflict (iri) do update
    set
        type = case when known.type_position <= excluded.type_position then known.type else coalesce(excluded.type, known.type) end,
        type_position = least(known.type_position, excluded.type_position),
        name = case when known.name_position >= excluded.name_position then known.name else coalesce(excluded.name, known.name) end,
        name_position = greatest(known.name_position, excluded.name_position),
        parent_iri = case
            when known.parent_position <= excluded.parent_position then known.parent_iri
            else coalesce(excluded.parent_iri, known.parent_iri)
        end,
        parent_position = least(known.parent_position, excluded.parent_position)
    where
        excluded.type_position < coalesce(known.type_position, excluded.type_position + 1)
        or excluded.name_position > coalesce(known.name_position, excluded.name_position - 1)
        or excluded.parent_position < coalesce(known.parent_position, excluded.parent_position + 1)
    returning activity_id, kind, lesson_id
)

insert into changed.touched_activity (activity_id, kind_before, lesson_before)
select activity_id, kind, lesson_id
from folded
on conflict do nothing;
