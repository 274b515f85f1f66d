-- Active learners in the touched days, weeks and months.
with span as (
    select
        grain,
        period,
        (period + case grain when 'day' then interval '1 day' when 'week' then interval '7 days' else interval '1 month' end)::date
            as until
    from touched_period
),

-- Learner by learner first: counting distinct ones in one go would sort every day of everybody.
active as (
    select
        member.cohort_id,
        span.grain,
        span.period,
        span.until,
        learner_days.learner_id,
        count(*) as days
    from span
    inner join mart.learner_days on learner_days.day >= span.period and learner_days.day < span.until
    inner join core.membership as member
        on learner_days.learner_id = member.learner_id
        and learner_days.day >= member.member_from
        and learner_days.day < member.member_to
    group by member.cohort_id, span.grain, span.period, span.until, learner_days.learner_id
)

select
    cohort_id,
    grain,
    period,
    count(*) as learners,
    sum(days)::bigint as learner_days,
    sum(days)::double precision / (until - period) / count(*) as stickiness
from active
group by cohort_id, grain, period, until
