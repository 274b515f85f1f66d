-- title: Active learners
-- group: Cohorts
-- description: Learners with activity in each day, week or month, in their own time zones.
-- parameters:
--   cohort: {type: choice, label: Cohort, default: All learners, choices_sql: "select distinct cohort from report.active_learners order by cohort"}
--   grain: {type: choice, label: By, default: day, choices: [day, week, month]}
--   since: {type: date, label: Since, default: today-60}
-- chart: {kind: line, x: period, y: learners}
select period, cohort, learners, learner_days, round(stickiness::numeric, 3)::double precision as stickiness
from report.active_learners
where
    (%(cohort)s is null or cohort = %(cohort)s)
    and grain = coalesce(%(grain)s, 'day')
    and period >= coalesce(%(since)s, period)
order by period, cohort
