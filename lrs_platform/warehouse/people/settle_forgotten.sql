-- Activities that only a course file had named: no statement has had them, no other activity is part of them.
with named as (
    select activity.activity_id, activity.iri
    from settled
    inner join core.activity using (iri)
    where
        settled.what in ('lessons removed', 'cards removed')
        and not exists (select from core.event where event.object_id = activity.iri)
        and not exists (select from core.assignment where assignment.lesson_id = activity.activity_id)
),

forgotten as (
    select activity_id, iri
    from named
    where
        not exists (
            select from core.activity as part
            where part.parent_iri = named.iri and part.activity_id not in (select named.activity_id from named)
        )
),

cards as (
    delete from core.card
    where card_id in (select activity_id from forgotten)
),

lessons as (
    delete from core.lesson
    where lesson_id in (select activity_id from forgotten)
),

activities as (
    delete from core.activity
    where activity_id in (select activity_id from forgotten)
    returning iri
)

insert into settled (what, iri)
select 'activities forgotten', iri
from activities;
