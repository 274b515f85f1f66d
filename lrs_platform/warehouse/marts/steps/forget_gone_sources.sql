-- Where the statement that gave an activity its type, name or parent no longer stands, or is mapped otherwise now, forget
-- what it gave; the events of these activities are folded in again. Asked only when something may have gone.
with standing as (
    select
        activity_id,
        type_position is not null and not exists (
            select from core.standing_event as event
            where event.position = type_position and event.object_id = iri and event.activity_type = type
        ) as type_gone,
        name_position is not null and not exists (
            select from core.standing_event as event
            where event.position = name_position and event.object_id = iri and event.object_name = name
        ) as name_gone,
        parent_position is not null and not exists (
            select from core.standing_event as event
            where event.position = parent_position and event.object_id = iri and core.key(event.parent_id) = parent_iri
        ) as parent_gone
    from core.activity
    where
        exists (select from changed.mode where everything)
        or exists (
            select from changed.touched_event
            inner join core.event using (position, statement_id)
            where event.verb_id = 'http://adlnet.gov/expapi/verbs/voided'
        )
        or exists (select from changed.touched_change inner join core.change using (change_id) where kind <> 'load')
),

forgotten as (
    update core.activity
    set
        type = case when not type_gone then activity.type end,
        type_position = case when not type_gone then activity.type_position end,
        name = case when not name_gone then activity.name end,
        name_position = case when not name_gone then activity.name_position end,
        parent_iri = case when not parent_gone then activity.parent_iri end,
        parent_position = case when not parent_gone then activity.parent_position end
    from standing
    where activity.activity_id = standing.activity_id and (type_gone or name_gone or parent_gone)
    returning activity.activity_id, activity.iri
),

again as (
    insert into changed.touched_event (position, statement_id)
    select event.position, event.statement_id
    from forgotten
    inner join core.event on forgotten.iri = event.object_id
    on conflict do nothing
)

insert into changed.touched_activity (activity_id, kind_before, lesson_before)
select activity.activity_id, activity.kind, activity.lesson_id
from forgotten
inner join core.activity using (activity_id)
on conflict do nothing;
