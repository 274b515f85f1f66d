-- A learner's name is the one in the latest statement that gives one.
with latest as (
    select learner_key.learner_id, max(event.position) as position
    from touched_standing_event as event
    inner join core.learner_key using (actor_key)
    where event.actor_name is not null
    group by learner_key.learner_id
),

named as (
    select latest.learner_id, latest.position, min(event.actor_name) as name
    from latest
    inner join core.event using (position)
    inner join core.learner_key using (actor_key)
    where event.actor_name is not null and learner_key.learner_id = latest.learner_id
    group by latest.learner_id, latest.position
)

update core.learner
set name = named.name, name_position = named.position
from named
where
    learner.learner_id = named.learner_id
    and (learner.name_position is null or learner.name_position < named.position);
