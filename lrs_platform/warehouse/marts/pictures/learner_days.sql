-- Days of learning by weekday.
select to_char(min(day), 'Dy') as x, count(*)::double precision as y
from mart.learner_days
group by extract(isodow from day)
order by extract(isodow from day)
