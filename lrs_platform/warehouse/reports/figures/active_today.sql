-- title: Active today
-- about: Learners with an event today, in their own time zones
-- order: 1
-- report: active_learners
select coalesce(sum(learners), 0) as value
from report.active_learners
where cohort_id = 0 and grain = 'day' and period = current_date
