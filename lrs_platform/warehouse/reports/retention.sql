-- title: Retention
-- group: Cohorts
-- description: Of the learners who began in one week, the share that was active in the n-th week after it. The last week may still be running.
-- parameters:
--   cohort: {type: choice, label: Cohort, default: All learners, choices_sql: "select distinct cohort from report.cohort_retention order by cohort"}
--   began_from: {type: date, label: Began from}
-- chart: {kind: heat, x: week_no, y: retention, colour: start_week, format: "%"}
select start_week, week_no, learners, active, round(retention::numeric, 3)::double precision as retention
from report.cohort_retention
where
    (%(cohort)s is null or cohort = %(cohort)s)
    and start_week >= coalesce(%(began_from)s, start_week)
order by start_week, week_no
