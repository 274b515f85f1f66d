-- title: Events today
-- about: Standing events of today
-- order: 6
select coalesce(sum(events), 0) as value
from report.learner_days
where day = current_date
