-- Answers of the touched learners in the touched lessons, numbered by card.
with answer as (
    select
        learning_event.learner_id,
        learning_event.lesson_id,
        coalesce(learning_event.card_id, learning_event.lesson_id) as card_id,
        learning_event.statement_id,
        learning_event.position,
        learning_event.occurred_at,
        learning_event.success,
        learning_event.score,
        event.response
    from touched_lesson_event as learning_event
    inner join core.event using (position, statement_id)
    where learning_event.answers
)

select
    answer.learner_id,
    answer.lesson_id,
    answer.card_id,
    row_number() over (
        partition by answer.learner_id, answer.lesson_id, answer.card_id
        order by answer.occurred_at, answer.position, answer.statement_id
    ) as response_no,
    answer.statement_id,
    answer.occurred_at as responded_at,
    answer.success as correct,
    answer.score,
    answer.response,
    coalesce(
        answer.success is null and answer.score is null and answer.response <> ''
        and case
            when card.card_type is not null then card.card_type in ('free_text', 'form')
            else btrim(answer.response) ~ '\s' and position('[,]' in answer.response) = 0
        end,
        false
    ) as free_text
from answer
left join core.card on answer.card_id = card.card_id
