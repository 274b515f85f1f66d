-- title: Learners to follow up
-- group: Progress
-- description: Learners who have not completed a lesson that is due today or was due in the last 14 days, the longest overdue first.
-- parameters:
--   cohort: {type: choice, label: Cohort, default: All learners, choices_sql: "select distinct cohort from report.lesson_funnel order by cohort"}
--   lesson: {type: choice, label: Lesson, choices_sql: "select distinct lesson from report.lesson_funnel order by lesson"}
-- chart: {kind: bars, x: lesson, y: learners, colour: status, stack: true, order: [started, opened, not opened]}
-- reveals: learners
select learner, cohort, lesson, due_on, replace(status, '_', ' ') as status, overdue_days
from report.daily_progress
where
    needs_follow_up
    and (%(cohort)s is null or cohort = %(cohort)s)
    and (%(lesson)s is null or lesson = %(lesson)s)
order by overdue_days desc, lesson, learner
