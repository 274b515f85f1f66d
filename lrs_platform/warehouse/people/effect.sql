-- What was changed, as counts.
select what, count(*)
from settled
group by what
order by what;
