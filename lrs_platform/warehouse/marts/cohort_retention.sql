-- The weekly triangle of the touched cohorts.
with week as (
    select distinct
        member.cohort_id,
        learner_days.learner_id,
        date_trunc('week', learner_days.day)::date as week
    from touched_cohort
    inner join core.membership as member using (cohort_id)
    inner join mart.learner_days
        on member.learner_id = learner_days.learner_id
        and learner_days.day >= member.member_from
        and learner_days.day < member.member_to
),

begun as (
    select
        cohort_id,
        learner_id,
        week,
        min(week) over (partition by cohort_id, learner_id) as start_week
    from week
),

active as (
    select
        cohort_id,
        start_week,
        (week - start_week) / 7 as week_no,
        count(*) as learners
    from begun
    group by cohort_id, start_week, (week - start_week) / 7
),

size as (
    select cohort_id, start_week, learners
    from active
    where week_no = 0
)

select
    size.cohort_id,
    size.start_week,
    week_no,
    size.learners,
    coalesce(active.learners, 0) as active,
    coalesce(active.learners, 0)::double precision / size.learners as retention,
    %(as_of)s::timestamptz as as_of
from size
cross join lateral generate_series(
    0, greatest(0, ((%(as_of)s::timestamptz at time zone 'UTC')::date - size.start_week) / 7)
) as week_no
left join active using (cohort_id, start_week, week_no)
