-- Lessons due in the 14 days up to as_of: who has finished them, and who should be reminded.
select
    progress.cohort_id,
    progress.learner_id,
    progress.lesson_id,
    progress.due_on,
    case
        when progress.completed_at < (progress.due_on + 1)::timestamp at time zone learner.time_zone then 'finished_on_time'
        when progress.completed_at is not null then 'finished_late'
        when progress.stage >= 2 then 'started'
        when progress.stage = 1 then 'opened'
        else 'not_opened'
    end as status,
    progress.completed_at,
    case when progress.completed_at is null then today.day - progress.due_on else 0 end as overdue_days,
    progress.completed_at is null as needs_follow_up,
    %(as_of)s::timestamptz as as_of
from mart.lesson_progress as progress
inner join touched_learner_lesson using (learner_id, lesson_id)
inner join core.learner using (learner_id)
cross join (select (%(as_of)s::timestamptz at time zone 'UTC')::date as day) as today
where progress.due_on between today.day - 13 and today.day
