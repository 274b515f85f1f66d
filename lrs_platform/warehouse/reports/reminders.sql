-- title: Reminders
-- group: Progress
-- description: >-
--   Who was to be reminded of which lesson on which day, why, what became of the mail, and whether the learner finished within 24 hours.
--   Held out: chance left them out, so that the effect can be measured.
-- parameters:
--   lesson: {type: choice, label: Lesson, choices_sql: "select distinct lesson from report.lesson_funnel order by lesson"}
--   state: {type: choice, label: State, choices: [sent, planned, deferred, unknown, refused, dropped, expired, skipped, held_out]}
-- chart: {kind: bar, x: day, y: reminders, colour: state, stack: true}
-- reveals: learners
select
    day,
    learner,
    cohort,
    lesson,
    replace(reason, '_', ' ') as reason,
    overdue_days,
    replace(state, '_', ' ') as state,
    replace(why, '_', ' ') as why,
    sent_at,
    finished_in_a_day
from report.reminder
where
    (%(lesson)s is null or lesson = %(lesson)s)
    and (%(state)s is null or state = %(state)s)
order by day desc, lesson, learner
