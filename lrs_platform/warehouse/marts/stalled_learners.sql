-- Touched learners who do not get on in touched lessons.
with judged as (
    select
        learner_id,
        lesson_id,
        case
            when failed_attempts >= 2 and last_attempt_failed and passed_at is null then 'failed_repeatedly'
            when completed_at is not null then null
            when opened_at is null and delivered_at <= %(as_of)s::timestamptz - interval '7 days' then 'never_opened'
            when started_at is not null and last_at <= %(as_of)s::timestamptz - interval '3 days' then 'stopped'
            when started_at is null and last_at <= %(as_of)s::timestamptz - interval '3 days' then 'opened_only'
        end as reason,
        coalesce(last_at, delivered_at) as since,
        last_card_id
    from mart.lesson_progress
    inner join touched_learner_lesson using (learner_id, lesson_id)
    where cohort_id = 0
)

select
    learner_id,
    lesson_id,
    reason,
    since,
    greatest(0, floor(extract(epoch from %(as_of)s::timestamptz - since) / 86400))::integer as idle_days,
    last_card_id,
    %(as_of)s::timestamptz as as_of
from judged
where reason is not null
