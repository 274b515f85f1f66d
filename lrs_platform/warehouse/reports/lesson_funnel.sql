-- title: Lesson funnel
-- group: Lessons
-- description: How many learners reached each stage of a lesson, from assigned to passed. A stage implies those before it.
-- parameters:
--   cohort: {type: choice, label: Cohort, default: All learners, choices_sql: "select distinct cohort from report.lesson_funnel order by cohort"}
--   lesson: {type: choice, label: Lesson, choices_sql: "select distinct lesson from report.lesson_funnel order by lesson"}
-- chart: {kind: bar, x: stage, y: learners}
select
    lesson,
    cohort,
    assigned,
    opened,
    started,
    half,
    completed,
    passed,
    opened_unassigned,
    round((completed::numeric / nullif(opened, 0)), 3)::double precision as completed_share
from report.lesson_funnel
where
    (%(cohort)s is null or cohort = %(cohort)s)
    and (%(lesson)s is null or lesson = %(lesson)s)
order by lesson, cohort
