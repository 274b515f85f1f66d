-- Learners by segment.
select segment as x, count(*)::double precision as y
from mart.engagement_segments
group by segment
order by count(*) desc, segment
