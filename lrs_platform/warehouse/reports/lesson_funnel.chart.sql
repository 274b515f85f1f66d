-- title: Learners by stage
select stage.name as stage, stage.learners
from (
    select
        sum(assigned) as assigned,
        sum(opened) as opened,
        sum(started) as started,
        sum(half) as half,
        sum(completed) as completed,
        sum(passed) as passed
    from report.lesson_funnel
    where
        (%(cohort)s is null or cohort = %(cohort)s)
        and (%(lesson)s is null or lesson = %(lesson)s)
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
