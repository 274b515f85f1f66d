-- title: Lessons completed today
-- about: Completions and passes of today
-- order: 2
-- report: lesson_funnel
select coalesce(sum(completions), 0) as value
from report.learner_days
where day = current_date
