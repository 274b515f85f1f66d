-- Time from delivery (or opening) to completion in the touched lessons.
with clock as (
    select
        lesson_id,
        cohort_id,
        coalesce(delivered_at, opened_at) as began_at,
        completed_at,
        -- Not greatest() alone: it passes over nulls, and nobody who has not completed took 0 hours.
        case
            when completed_at is not null
                then greatest(0, extract(epoch from completed_at - coalesce(delivered_at, opened_at))::double precision / 3600)
        end as hours
    from mart.lesson_progress
    inner join touched_lesson using (lesson_id)
    where coalesce(delivered_at, opened_at) <= %(as_of)s::timestamptz
),

counted as (
    select
        lesson_id,
        cohort_id,
        count(*) as learners,
        count(completed_at) as completed,
        count(*) filter (where began_at + interval '24 hours' <= %(as_of)s::timestamptz) as observed_24h,
        count(*) filter (where began_at + interval '24 hours' <= %(as_of)s::timestamptz and hours <= 24) as within_24h,
        count(*) filter (where began_at + interval '7 days' <= %(as_of)s::timestamptz) as observed_7d,
        count(*) filter (where began_at + interval '7 days' <= %(as_of)s::timestamptz and hours <= 168) as within_7d,
        percentile_cont(array[0.5, 0.9]) within group (order by hours) as hours
    from clock
    group by lesson_id, cohort_id
)

select
    lesson_id,
    cohort_id,
    learners,
    completed,
    observed_24h,
    within_24h,
    within_24h::double precision / nullif(observed_24h, 0) as share_24h,
    observed_7d,
    within_7d,
    within_7d::double precision / nullif(observed_7d, 0) as share_7d,
    hours[1] as median_hours,
    hours[2] as p90_hours,
    %(as_of)s::timestamptz as as_of
from counted
