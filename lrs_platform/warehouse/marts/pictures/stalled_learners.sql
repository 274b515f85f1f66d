-- Stalled learner-lessons by reason.
select reason as x, count(*)::double precision as y
from mart.stalled_learners
group by reason
order by count(*) desc, reason
