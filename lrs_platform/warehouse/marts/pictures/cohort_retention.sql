-- Share of everybody who began that is active in the n-th week, the first 26 weeks.
select week_no::text as x, sum(active)::double precision / sum(learners) as y
from mart.cohort_retention
where cohort_id = 0 and week_no < 26
group by week_no
order by week_no
