-- Runs of successive days of the touched learners: a day minus its rank is the same within a run.
with run as (
    select
        learner_id,
        min(day) as first_day,
        max(day) as last_day,
        count(*) as days
    from (
        select
            learner_id,
            day,
            day - row_number() over (partition by learner_id order by day)::integer as run
        from mart.learner_days
        inner join touched_learner using (learner_id)
    ) as numbered
    group by learner_id, run
),

summed as (
    select
        learner_id,
        sum(days)::bigint as active_days,
        max(last_day) as last_day,
        (array_agg(days order by last_day desc))[1] as latest_days,
        (array_agg(days order by days desc, last_day))[1] as longest_days,
        (array_agg(first_day order by days desc, last_day))[1] as longest_from,
        (array_agg(last_day order by days desc, last_day))[1] as longest_to
    from run
    group by learner_id
)

select
    learner_id,
    case
        when summed.last_day >= (%(as_of)s::timestamptz at time zone learner.time_zone)::date - 1 then summed.latest_days
        else 0
    end as current_days,
    summed.longest_days,
    summed.longest_from,
    summed.longest_to,
    summed.active_days,
    summed.last_day,
    %(as_of)s::timestamptz as as_of
from summed
inner join core.learner using (learner_id)
