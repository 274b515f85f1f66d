-- Learners by their longest streak in days.
select longest_days::text as x, count(*)::double precision as y
from mart.learner_streaks
where longest_days <= 30
group by longest_days
order by longest_days
