-- How many learners reached each stage of the touched lessons.
select
    lesson_id,
    cohort_id,
    count(delivered_at) as assigned,
    count(*) filter (where stage >= 1) as opened,
    count(*) filter (where stage >= 2) as started,
    count(*) filter (where stage >= 3) as half,
    count(*) filter (where stage >= 4) as completed,
    count(*) filter (where stage >= 5) as passed,
    count(*) filter (where stage >= 1 and delivered_at is null) as opened_unassigned
from mart.lesson_progress
inner join touched_lesson using (lesson_id)
group by lesson_id, cohort_id
