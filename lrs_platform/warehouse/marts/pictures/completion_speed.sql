-- Share completed within 7 days, the twenty slowest lessons.
select lesson.name as x, share_7d as y
from mart.completion_speed
inner join core.lesson using (lesson_id)
where cohort_id = 0 and observed_7d > 0
order by share_7d, lesson.name
limit 20
