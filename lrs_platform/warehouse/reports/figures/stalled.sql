-- title: Stalled
-- about: Learners who do not get on with a lesson
-- order: 4
-- report: stalled_learners
select count(distinct learner) as value
from report.stalled_learners
