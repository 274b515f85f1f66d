-- Written responses by number of words.
select words::text as x, count(*)::double precision as y
from mart.free_text_responses
where words <= 30
group by words
order by words
