-- Bring core.lesson and core.card in line with the touched activities, remember which lessons gained or lost a card, and
-- which events have to be read again because their activity has become something else.
insert into changed.resized_lesson (lesson_id)
select lesson_id
from (
    select touched.lesson_before as lesson_id
    from changed.touched_activity as touched
    inner join core.activity using (activity_id)
    where
        touched.kind_before = 'card'
        and (activity.kind <> 'card' or activity.lesson_id is distinct from touched.lesson_before)
    union
    select activity.lesson_id
    from changed.touched_activity as touched
    inner join core.activity using (activity_id)
    where
        activity.kind = 'card'
        and (touched.kind_before <> 'card' or activity.lesson_id is distinct from touched.lesson_before)
) as resized
where lesson_id is not null
on conflict do nothing;

insert into core.lesson as known (lesson_id, iri, name)
select
    activity.activity_id,
    activity.iri,
    coalesce(catalogue.name, activity.name, substring(activity.iri from '([^/]+)/?$'), activity.iri)
from changed.touched_activity
inner join core.activity using (activity_id)
left join core.catalogue using (iri)
where activity.kind = 'lesson'
on conflict (lesson_id) do update set name = excluded.name where known.name <> excluded.name;

delete from core.lesson
using changed.touched_activity as touched
inner join core.activity using (activity_id)
where lesson.lesson_id = touched.activity_id and activity.kind <> 'lesson';

-- A card that changed its lesson, number or type: what its activity was before counts for nothing, its events are read
-- again. A new name alone costs nothing.
with altered as (
    insert into core.card as known (card_id, lesson_id, iri, name, card_number, card_type)
    select
        activity.activity_id,
        activity.lesson_id,
        activity.iri,
        '',
        coalesce(catalogue.card_number, substring(activity.iri from '(\d{1,6})/?$')::integer),
        catalogue.card_type
    from changed.touched_activity
    inner join core.activity using (activity_id)
    left join core.catalogue using (iri)
    where activity.kind = 'card' and activity.lesson_id is not null
    on conflict (card_id) do update
    set
        lesson_id = excluded.lesson_id,
        card_number = excluded.card_number,
        card_type = excluded.card_type
    where
        known.lesson_id <> excluded.lesson_id
        or known.card_number is distinct from excluded.card_number
        or known.card_type is distinct from excluded.card_type
    returning card_id
)

update changed.touched_activity
set kind_before = null
from altered
where touched_activity.activity_id = altered.card_id;

update core.card
set name = named.name
from (
    select
        activity.activity_id,
        coalesce(catalogue.name, activity.name, substring(activity.iri from '([^/]+)/?$'), activity.iri) as name
    from changed.touched_activity
    inner join core.activity using (activity_id)
    left join core.catalogue using (iri)
) as named
where card.card_id = named.activity_id and card.name <> named.name;

delete from core.card
using changed.touched_activity as touched
inner join core.activity using (activity_id)
where card.card_id = touched.activity_id and (activity.kind <> 'card' or activity.lesson_id is null);

-- Few activities become something else; they are found first, so that only their events are looked for.
with become as materialized (
    select activity.iri
    from changed.touched_activity as touched
    inner join core.activity using (activity_id)
    where
        not exists (select from changed.mode where everything)
        and (
            activity.kind is distinct from touched.kind_before
            or activity.lesson_id is distinct from touched.lesson_before
        )
)

insert into changed.touched_event (position, statement_id)
select event.position, event.statement_id
from become
inner join core.event on become.iri = event.object_id
on conflict do nothing;
