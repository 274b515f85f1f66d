-- Flagged responses by term.
select term as x, count(*)::double precision as y
from mart.flagged_responses
group by term
order by count(*) desc, term
limit 20
