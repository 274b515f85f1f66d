-- What the touched learners wrote in the touched lessons.
select
    learner_id,
    lesson_id,
    statement_id,
    card_id,
    responded_at,
    response,
    cardinality(regexp_split_to_array(btrim(response), '\s+')) as words
from mart.responses
inner join touched_learner_lesson using (learner_id, lesson_id)
where free_text
