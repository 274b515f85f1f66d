-- Mean gain of the twenty lessons with the largest.
select lesson.name as x, gain as y
from mart.learning_gain
inner join core.lesson using (lesson_id)
where cohort_id = 0
order by gain desc, lesson.name
limit 20
