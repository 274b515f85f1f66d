-- Attempts by their number: how many came back for a second one.
select attempt_no::text as x, count(*)::double precision as y
from mart.lesson_attempts
where attempt_no <= 8
group by attempt_no
order by attempt_no
