-- Answers of the touched learners in the touched lessons, numbered within card and attempt.
with answer as (
    select
        learning_event.learner_id,
        learning_event.lesson_id,
        coalesce(learning_event.card_id, learning_event.lesson_id) as card_id,
        learning_event.statement_id,
        learning_event.position,
        learning_event.occurred_at,
        learning_event.registration,
        learning_event.success,
        learning_event.score,
        event.response
    from touched_lesson_event as learning_event
    inner join core.event using (position, statement_id)
    where learning_event.answers
),

-- An attempt is known by its registration, or else by when it was: the next one begins after its end.
placed as (
    select
        answer.*,
        coalesce(named.attempt_no, timed.attempt_no) as attempt_no
    from answer
    left join mart.lesson_attempts as named
        on answer.learner_id = named.learner_id
        and answer.lesson_id = named.lesson_id
        and answer.registration = named.registration
    left join lateral (
        select max(attempt.attempt_no) as attempt_no
        from mart.lesson_attempts as attempt
        where
            answer.registration is null
            and attempt.registration is null
            and answer.learner_id = attempt.learner_id
            and answer.lesson_id = attempt.lesson_id
            and answer.occurred_at between attempt.first_at and attempt.last_at
    ) as timed on true
)

select
    placed.learner_id,
    placed.lesson_id,
    placed.card_id,
    placed.attempt_no,
    row_number() over (
        partition by placed.learner_id, placed.lesson_id, placed.card_id, placed.attempt_no
        order by placed.occurred_at, placed.position, placed.statement_id
    ) as response_no,
    placed.statement_id,
    placed.occurred_at as responded_at,
    placed.success as correct,
    placed.score,
    placed.response,
    coalesce(
        placed.success is null and placed.score is null and placed.response <> ''
        and case
            when card.card_type is not null then card.card_type in ('free_text', 'form')
            else btrim(placed.response) ~ '\s' and position('[,]' in placed.response) = 0
        end,
        false
    ) as free_text
from placed
left join core.card on placed.card_id = card.card_id
