-- Decisions as the page lists them, the latest first.
select
    reminder.reminder_id,
    reminder.day,
    coalesce(learner.roster_name, learner.name, '') as name,
    learner.mail,
    lesson.name as lesson,
    cohort.name as cohort,
    reminder.reason,
    reminder.overdue_days,
    reminder.state,
    reminder.why,
    reminder.attempts,
    reminder.reply,
    reminder.decided_at,
    reminder.settled_at
from outreach.reminder
left join core.learner using (learner_id)
left join core.lesson using (lesson_id)
left join core.cohort using (cohort_id)
where reminder.dry_run = %(dry_run)s and (%(state)s = '' or reminder.state = %(state)s)
order by reminder.reminder_id desc
limit %(rows)s
offset %(skip)s;
