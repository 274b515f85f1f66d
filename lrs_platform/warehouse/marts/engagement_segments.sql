-- How engaged each touched learner is at as_of.
with today as (
    select (%(as_of)s::timestamptz at time zone 'UTC')::date as day
),

activity as (
    select
        learner_id,
        min(learner_days.day) as first_day,
        max(learner_days.day) as last_day,
        count(learner_days.day) filter (where learner_days.day > today.day - 28) as active_days_28
    from core.learner
    inner join touched_learner using (learner_id)
    cross join today
    left join mart.learner_days using (learner_id)
    group by learner_id
)

select
    activity.learner_id,
    case
        when activity.last_day is null then 'never_active'
        when activity.last_day <= today.day - 28 then 'dormant'
        when activity.last_day <= today.day - 7 then 'at_risk'
        when activity.first_day > today.day - 7 then 'new'
        when activity.active_days_28 >= 4 then 'regular'
        else 'occasional'
    end as segment,
    activity.first_day,
    activity.last_day,
    activity.active_days_28,
    %(as_of)s::timestamptz as as_of
from activity
cross join today
