-- Difficulty, discrimination and distractors of the questions of the touched lessons, over first answers.
with first_answer as (
    select
        responses.lesson_id,
        responses.card_id,
        responses.learner_id,
        responses.response,
        responses.correct::integer as correct
    from mart.responses
    inner join touched_lesson using (lesson_id)
    where responses.attempt_no = 1 and responses.response_no = 1 and responses.correct is not null
),

-- The others: how many other questions of the lesson the learner answered, and how many of them rightly.
rested as (
    select
        *,
        count(*) over (partition by lesson_id, learner_id) - 1 as others,
        sum(correct) over (partition by lesson_id, learner_id) - correct as rest
    from first_answer
),

size as (
    select lesson_id, count(distinct card_id) as questions
    from first_answer
    group by lesson_id
),

item as (
    select
        lesson_id,
        card_id,
        count(*) as answers,
        sum(correct)::bigint as correct,
        corr(correct, rest) filter (where others = questions - 1) as discrimination
    from rested
    inner join size using (lesson_id)
    group by lesson_id, card_id
),

choice as (
    select
        lesson_id,
        card_id,
        response,
        count(*) as answers,
        bool_or(correct = 1) as correct,
        sum(rest)::double precision / nullif(sum(others), 0) as rest_share,
        row_number() over (partition by lesson_id, card_id order by count(*) desc, response) as rank
    from rested
    where response is not null
    group by lesson_id, card_id, response
),

listed as (
    select
        lesson_id,
        card_id,
        jsonb_agg(
            jsonb_build_object(
                'response', left(response, 100), 'answers', answers, 'correct', correct, 'rest_share', round(rest_share::numeric, 6)
            )
            order by rank
        ) as distractors
    from choice
    where rank <= 10
    group by lesson_id, card_id
)

select
    lesson_id,
    card_id,
    item.answers,
    item.correct,
    item.correct::double precision / item.answers as difficulty,
    item.discrimination,
    item.answers >= 30 as enough,
    coalesce(listed.distractors, '[]') as distractors
from item
left join listed using (lesson_id, card_id)
