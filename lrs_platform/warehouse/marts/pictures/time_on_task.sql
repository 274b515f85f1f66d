-- Median active seconds of the twenty longest lessons.
select lesson.name as x, median_seconds as y
from mart.time_on_task
inner join core.lesson using (lesson_id)
where cohort_id = 0
order by median_seconds desc, lesson.name
limit 20
