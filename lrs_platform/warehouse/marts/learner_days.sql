-- Days on which each touched learner had events.
select
    learner_id,
    day,
    sum(events)::bigint as events,
    count(lesson_id) as lessons,
    count(lesson_id) filter (where completed) as completions
from (
    select
        learner_id,
        day,
        lesson_id,
        count(*) as events,
        bool_or(card_id is null and action in ('completed', 'passed')) as completed
    from touched_learner_event
    group by learner_id, day, lesson_id
) as lesson_day
group by learner_id, day
