-- Lessons of the last 14 days by how they stand.
select status as x, count(*)::double precision as y
from mart.daily_progress
where cohort_id = 0
group by status
order by count(*) desc, status
