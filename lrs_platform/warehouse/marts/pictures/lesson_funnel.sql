-- Learner-lessons by stage, all lessons together.
select stage.name as x, stage.learners::double precision as y
from (
    select
        sum(assigned) as assigned,
        sum(opened) as opened,
        sum(started) as started,
        sum(half) as half,
        sum(completed) as completed,
        sum(passed) as passed
    from mart.lesson_funnel
    where cohort_id = 0
) as total
cross join lateral (
    values
    (1, 'assigned', assigned),
    (2, 'opened', opened),
    (3, 'started', started),
    (4, 'half', half),
    (5, 'completed', completed),
    (6, 'passed', passed)
) as stage (rank, name, learners)
where stage.learners is not null
order by stage.rank
