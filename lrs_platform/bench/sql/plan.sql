-- A plan for learners who have none: 200 cohorts by chance of their ids, five lessons of each delivered to each of them.
with cohorts as (
    insert into core.cohort (name)
    select 'Cohort ' || number
    from generate_series(1, 200) as number
    returning cohort_id
),

numbered as (
    select cohort_id, row_number() over (order by cohort_id) - 1 as number
    from cohorts
),

members as (
    insert into core.cohort_member (cohort_id, learner_id)
    select numbered.cohort_id, learner.learner_id
    from core.learner
    inner join numbered on mod(learner.learner_id, 200) = numbered.number
    returning learner_id
),

assigned as (
    insert into core.assignment (cohort_id, lesson_id, delivered_at, due_on)
    select numbered.cohort_id, lesson.lesson_id, %(first_day)s::timestamptz, %(first_day)s::date + 7
    from numbered
    inner join (
        select lesson_id, row_number() over (order by lesson_id) - 1 as number
        from core.lesson
    ) as lesson on mod(lesson.number + numbered.number, 12) < 5
    returning lesson_id
)

insert into core.change (kind, cohort_ids)
select 'roster', array_agg(cohort_id)
from cohorts;
