-- What came from each touched learner, and how trustworthy its times are.
select
    learner_id,
    count(*) as events,
    min(occurred_at) as first_at,
    max(occurred_at) as last_at,
    count(*) filter (where occurred_at < latest_before) as out_of_order,
    count(*) filter (where stored - occurred_at > interval '24 hours') as late,
    count(*) filter (where occurred_at - stored > interval '5 minutes') as skewed,
    count(*) filter (where lesson_id is null) as unknown_lesson,
    count(*) filter (where action = 'other') as unknown_verb
from (
    select
        learner_id,
        lesson_id,
        action,
        occurred_at,
        stored,
        max(occurred_at) over (
            partition by learner_id order by position, statement_id rows between unbounded preceding and 1 preceding
        ) as latest_before
    from touched_learner_event
) as received
group by learner_id
