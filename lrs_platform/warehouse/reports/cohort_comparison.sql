-- title: Cohort comparison
-- group: Cohorts
-- description: >-
--   Cohorts side by side: completion among those who opened, passes among those who completed, the median hours to completion and
--   the median active minutes, over all lessons or one. Medians are means of the lessons' medians.
-- parameters:
--   lesson: {type: choice, label: Lesson, choices_sql: "select distinct lesson from report.lesson_funnel order by lesson"}
-- chart: {kind: bars, x: cohort, y: completed_share, format: "%"}
select
    funnel.cohort,
    count(*) as lessons,
    sum(funnel.assigned) as assigned,
    sum(funnel.opened) as opened,
    sum(funnel.completed) as completed,
    sum(funnel.passed) as passed,
    round(sum(funnel.completed) / nullif(sum(funnel.opened), 0), 3)::double precision as completed_share,
    round(sum(funnel.passed) / nullif(sum(funnel.completed), 0), 3)::double precision as passed_share,
    round(avg(speed.median_hours)::numeric, 1)::double precision as median_hours,
    round((avg(task.median_seconds) / 60)::numeric, 1)::double precision as median_minutes
from report.lesson_funnel as funnel
left join report.completion_speed as speed
    on funnel.lesson_id = speed.lesson_id and funnel.cohort_id = speed.cohort_id
left join report.time_on_task as task
    on funnel.lesson_id = task.lesson_id and funnel.cohort_id = task.cohort_id
where (%(lesson)s is null or funnel.lesson = %(lesson)s)
group by funnel.cohort_id, funnel.cohort
order by completed_share desc nulls last, funnel.cohort
