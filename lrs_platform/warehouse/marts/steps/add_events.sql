-- Put the touched events in, each tied to its learner, lesson, card and the learner's own day.
insert into core.learning_event (
    statement_id, position, learner_id, lesson_id, card_id, action, occurred_at, stored, day, registration, score,
    success, completion, progress, answers
)
select
    event.statement_id,
    event.position,
    learner.learner_id,
    activity.lesson_id,
    case when activity.kind = 'card' and activity.lesson_id is not null then activity.activity_id end,
    coalesce(verb.action, 'other'),
    event.occurred_at,
    event.stored,
    (event.occurred_at at time zone learner.time_zone)::date,
    event.registration,
    case
        when event.score_scaled is not null then event.score_scaled
        when event.score_raw is not null and event.score_max > coalesce(event.score_min, 0)
            then (event.score_raw - coalesce(event.score_min, 0)) / (event.score_max - coalesce(event.score_min, 0))
    end,
    event.success,
    event.completion,
    event.progress,
    coalesce(verb.action = 'answered', false) or (event.response is not null and activity.kind = 'card')
from touched_standing_event as event
inner join core.learner_key using (actor_key)
inner join core.learner using (learner_id)
left join core.activity on event.object_id = activity.iri and activity.kind <> 'ignored'
left join core.verb using (verb_id)
where event.object_type = 'Activity';
