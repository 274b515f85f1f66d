-- Names that questions may use: lessons and cards with something in them, cohorts of the roster.
select 'lesson' as dimension, lesson_id as id, lesson as name
from report.lesson_attempts
where lesson is not null
group by lesson_id, lesson
union
select 'lesson', lesson_id, lesson
from report.lesson_funnel
where cohort_id = 0 and lesson is not null
union
select 'cohort', cohort_id, cohort
from report.cohort_member
group by cohort_id, cohort
