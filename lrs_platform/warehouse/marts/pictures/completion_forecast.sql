-- Estimated share of learner-lessons completed by day after delivery.
select day_no::text as x, completed_share as y
from mart.completion_forecast
where cohort_id = 0 and day_no <= 30
order by day_no
