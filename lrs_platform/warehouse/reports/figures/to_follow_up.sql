-- title: To follow up
-- about: Learners with a lesson that is due and not completed
-- order: 3
-- report: follow_up
select count(distinct learner) as value
from report.daily_progress
where cohort_id = 0 and needs_follow_up
