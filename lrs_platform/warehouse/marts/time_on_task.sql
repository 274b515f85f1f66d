-- Active time of completed attempts at the touched lessons.
with quantiles as (
    select
        attempt.lesson_id,
        member.cohort_id,
        count(*) as attempts,
        percentile_cont(array[0.25, 0.5, 0.75, 0.9]) within group (order by attempt.active_seconds) as seconds
    from mart.lesson_attempts as attempt
    inner join touched_lesson using (lesson_id)
    inner join core.membership as member
        on attempt.learner_id = member.learner_id
        and (attempt.first_at at time zone 'UTC')::date >= member.member_from
        and (attempt.first_at at time zone 'UTC')::date < member.member_to
    where attempt.completed_at is not null
    group by attempt.lesson_id, member.cohort_id
)

select
    lesson_id,
    cohort_id,
    attempts,
    seconds[2] as median_seconds,
    seconds[1] as p25_seconds,
    seconds[3] as p75_seconds,
    seconds[4] as p90_seconds
from quantiles
