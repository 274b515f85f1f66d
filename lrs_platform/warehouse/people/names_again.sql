-- The name in the latest standing statement of each of these learners.
update core.learner
set name = latest.actor_name, name_position = latest.position
from unnest(%(learner_ids)s::bigint[]) as wanted (learner_id)
left join lateral (
    select event.actor_name, event.position
    from core.learner_key
    inner join core.standing_event as event using (actor_key)
    where learner_key.learner_id = wanted.learner_id and event.actor_name is not null
    order by event.position desc, event.actor_name
    limit 1
) as latest on true
where learner.learner_id = wanted.learner_id;
