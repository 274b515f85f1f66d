-- title: Daily progress by cohort
-- group: Progress
-- description: >-
--   Lessons due on each of the last 14 days, and how far the learners of a cohort have come with them. On time means by the
--   end of the due day in the learner's own time zone.
-- parameters:
--   cohort: {type: choice, label: Cohort, default: All learners, choices_sql: "select distinct cohort from report.lesson_funnel order by cohort"}
--   due_from: {type: date, label: Due from, default: today-13}
--   due_until: {type: date, label: Due until, default: today}
-- chart: {kind: bar, x: due_on, y: learners, colour: status, stack: true, order: [finished on time, finished late, started, opened, not opened]}
select
    due_on,
    lesson,
    count(*) as learners,
    count(*) filter (where status = 'finished_on_time') as finished_on_time,
    count(*) filter (where status = 'finished_late') as finished_late,
    count(*) filter (where status = 'started') as started,
    count(*) filter (where status = 'opened') as opened,
    count(*) filter (where status = 'not_opened') as not_opened,
    round(avg((completed_at is not null)::integer), 3)::double precision as finished_share
from report.daily_progress
where
    (%(cohort)s is null or cohort = %(cohort)s)
    and due_on >= coalesce(%(due_from)s, due_on)
    and due_on <= coalesce(%(due_until)s, due_on)
group by due_on, lesson
order by due_on desc, lesson
