-- title: Stalled learners
-- group: Progress
-- description: >-
--   Who does not get on with a lesson, and why. Failed repeatedly: two failed attempts or more and no pass. Stopped and opened only:
--   no event for 3 days. Never opened: delivered 7 days ago or more.
-- parameters:
--   lesson: {type: choice, label: Lesson, choices_sql: "select distinct lesson from report.lesson_funnel order by lesson"}
--   reason: {type: choice, label: Reason, choices: [failed_repeatedly, stopped, opened_only, never_opened]}
--   idle_days: {type: integer, label: Idle days at least, default: 0, minimum: 0, maximum: 3650}
-- chart: {kind: bars, x: lesson, y: learners, colour: reason, stack: true}
-- reveals: learners
select learner, lesson, replace(reason, '_', ' ') as reason, idle_days, since, last_card
from report.stalled_learners
where
    (%(lesson)s is null or lesson = %(lesson)s)
    and (%(reason)s is null or reason = %(reason)s)
    and idle_days >= coalesce(%(idle_days)s, 0)
order by idle_days desc, lesson, learner
