-- Attempts of the touched learners at the touched lessons.
with path as (
    select
        learner_id,
        event.lesson_id,
        registration,
        occurred_at,
        position,
        statement_id,
        card_id,
        card.card_number,
        action,
        success,
        completion,
        progress,
        score,
        card_id is null and (action in ('completed', 'passed', 'failed') or completion) as ends,
        action in ('opened', 'started') and card_id is null as begins,
        occurred_at - lag(occurred_at) over paths as gap
    from touched_lesson_event as event
    left join core.card using (card_id)
    window paths as (partition by learner_id, event.lesson_id, registration order by occurred_at, position, statement_id)
),

counted as (
    select
        *,
        count(*) filter (where ends) over (
            partition by learner_id, lesson_id, registration
            order by occurred_at, position, statement_id
            rows between unbounded preceding and 1 preceding
        ) as ends_before
    from path
),

-- An attempt is known by the number of ends before the latest beginning.
parted as (
    select
        *,
        case
            when registration is null then max(case when begins then ends_before else 0 end) over (
                partition by learner_id, lesson_id, registration
                order by occurred_at, position, statement_id
                rows unbounded preceding
            )
            else 0
        end as part
    from counted
),

-- The gap before an attempt belongs to no attempt.
continued as (
    select
        *,
        lag(part) over (
            partition by learner_id, lesson_id, registration order by occurred_at, position, statement_id
        ) as part_before
    from parted
),

attempt as (
    select
        learner_id,
        lesson_id,
        registration,
        part,
        min(occurred_at) as first_at,
        min(position) as first_position,
        min(occurred_at) filter (where card_id is not null or action not in ('opened', 'left', 'other')) as started_at,
        min(occurred_at) filter (
            where card_id is null and (action in ('completed', 'passed') or completion)
        ) as completed_at,
        min(occurred_at) filter (
            where card_id is null and (action = 'passed' or (action = 'completed' and success))
        ) as passed_at,
        max(occurred_at) filter (
            where card_id is null and (action = 'failed' or (action = 'completed' and not success))
        ) as failed_at,
        max(occurred_at) as last_at,
        count(*) as events,
        array_agg(distinct card_id) filter (where card_id is not null) as card_ids,
        (
            array_agg(card_id order by occurred_at desc, position desc, statement_id desc)
            filter (where card_id is not null)
        )[1] as last_card_id,
        max(card_number) as furthest_card,
        max(least(greatest(progress, 0), 1)) filter (where card_id is null and progress is not null) as progress,
        count(success) filter (where action = 'answered') as answered,
        count(*) filter (where action = 'answered' and success) as correct,
        (
            array_agg(score order by occurred_at desc, position desc, statement_id desc)
            filter (where card_id is null and score is not null)
        )[1] as last_score,
        coalesce(sum(least(extract(epoch from gap)::double precision, 300)) filter (where part = part_before), 0)
            as active_seconds
    from continued
    group by learner_id, lesson_id, registration, part
)

select
    learner_id,
    lesson_id,
    row_number() over (
        partition by learner_id, lesson_id order by first_at, first_position, registration, part
    ) as attempt_no,
    registration,
    first_at,
    started_at,
    completed_at,
    passed_at,
    failed_at,
    last_at,
    events,
    coalesce(cardinality(card_ids), 0) as cards_seen,
    coalesce(card_ids, '{}') as card_ids,
    last_card_id,
    furthest_card,
    progress,
    answered,
    correct,
    coalesce(last_score, correct::double precision / nullif(answered, 0)) as score,
    active_seconds
from attempt
