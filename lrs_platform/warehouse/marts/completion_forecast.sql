-- Kaplan-Meier by touched cohort, as of now and, for the back-test, as of 14 days ago with what was known then.
with moment as (
    select 'now' as moment, %(as_of)s::timestamptz as at
    union all
    select 'then', %(as_of)s::timestamptz - interval '14 days'
),

subject as (
    select
        cohort_id,
        coalesce(delivered_at, opened_at) as began_at,
        -- Not greatest() alone: it passes over nulls, and who has not completed is open, not done at once.
        case when completed_at is not null then greatest(completed_at, coalesce(delivered_at, opened_at)) end as completed_at
    from mart.lesson_progress
    inner join touched_cohort using (cohort_id)
),

-- How old each was when it was completed or, not yet, at the moment; nothing is followed for more than 60 days.
observed as (
    select
        moment.moment,
        subject.cohort_id,
        least(
            60,
            floor(extract(epoch from least(subject.completed_at, moment.at) - subject.began_at)::double precision / 86400)
        )::integer as day_no,
        coalesce(
            subject.completed_at <= moment.at and subject.completed_at < subject.began_at + interval '61 days', false
        ) as completed,
        coalesce(subject.completed_at <= %(as_of)s::timestamptz, false) as completed_by_now
    from subject
    inner join moment on subject.began_at <= moment.at
),

by_day as (
    select
        moment,
        cohort_id,
        day_no,
        count(*) as left_here,
        count(*) filter (where completed) as completed,
        count(*) filter (where not completed) as open,
        count(*) filter (where not completed and completed_by_now) as completed_since
    from observed
    group by moment, cohort_id, day_no
),

grid as (
    select
        present.moment,
        present.cohort_id,
        day_no,
        coalesce(by_day.completed, 0) as completed,
        coalesce(by_day.open, 0) as open,
        coalesce(by_day.completed_since, 0) as completed_since,
        sum(coalesce(by_day.left_here, 0)) over (
            partition by present.moment, present.cohort_id order by day_no desc
        )::bigint as at_risk
    from (select distinct moment, cohort_id from by_day) as present
    cross join generate_series(0, 60) as day_no
    left join by_day using (moment, cohort_id, day_no)
),

-- The product of (1 - completed / at risk) as a sum of logarithms; once everybody at risk has completed it is 0.
survival as (
    select
        *,
        case
            when bool_or(completed = at_risk and at_risk > 0) over days then 0
            else exp(sum(case when completed < at_risk then ln(1 - completed::double precision / at_risk) else 0 end) over days)
        end as open_share,
        sum(
            case when completed < at_risk then completed::double precision / at_risk / (at_risk - completed) else 0 end
        ) over days as greenwood
    from grid
    window days as (partition by moment, cohort_id order by day_no)
),

back_test as (
    select
        here.cohort_id,
        sum(here.open)::bigint as open,
        sum(here.open * (1 - coalesce(later.open_share / nullif(here.open_share, 0), 1))) as expected,
        sum(here.completed_since)::bigint as completed
    from survival as here
    inner join survival as later
        on here.moment = later.moment
        and here.cohort_id = later.cohort_id
        and later.day_no = least(60, here.day_no + 14)
    where here.moment = 'then'
    group by here.cohort_id
)

select
    survival.cohort_id,
    survival.day_no,
    survival.at_risk,
    survival.completed,
    1 - survival.open_share as completed_share,
    survival.open_share * sqrt(survival.greenwood) as standard_error,
    coalesce(back_test.open, 0) as back_test_open,
    coalesce(back_test.expected, 0) as back_test_expected,
    coalesce(back_test.completed, 0) as back_test_completed,
    %(as_of)s::timestamptz as as_of
from survival
left join back_test using (cohort_id)
where survival.moment = 'now'
