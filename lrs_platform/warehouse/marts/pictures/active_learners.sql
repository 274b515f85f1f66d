-- Learners active a day, the last 30 days with any.
select period::text as x, learners::double precision as y
from (
    select period, learners
    from mart.active_learners
    where cohort_id = 0 and grain = 'day'
    order by period desc
    limit 30
) as latest
order by period
