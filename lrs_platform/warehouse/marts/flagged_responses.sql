-- Written responses of the touched learners in the touched lessons that hold a term of a word list which applies to them.
with term as (
    select
        cohort_id,
        lower(word_list.term) as term,
        array_position(array['low', 'medium', 'high'], severity) as severity,
        -- Not \m and \M: they want a letter beside them, which a term such as c++ does not have.
        '(?<!\w)' || regexp_replace(lower(word_list.term), '([^[:alnum:]\s])', '\\\1', 'g') || '(?!\w)' as pattern
    from core.word_list
),

hit as (
    select
        written.learner_id,
        written.lesson_id,
        written.statement_id,
        written.card_id,
        written.responded_at,
        written.response,
        term.term,
        max(term.severity) as severity,
        min(regexp_instr(lower(written.response), term.pattern)) as place
    from mart.free_text_responses as written
    inner join touched_learner_lesson using (learner_id, lesson_id)
    inner join term on position(term.term in lower(written.response)) > 0 and lower(written.response) ~ term.pattern
    inner join core.membership as member
        on term.cohort_id = member.cohort_id
        and written.learner_id = member.learner_id
        and (written.responded_at at time zone 'UTC')::date >= member.member_from
        and (written.responded_at at time zone 'UTC')::date < member.member_to
    group by
        written.learner_id,
        written.lesson_id,
        written.statement_id,
        written.card_id,
        written.responded_at,
        written.response,
        term.term
)

select
    learner_id,
    lesson_id,
    statement_id,
    term,
    card_id,
    responded_at,
    (array['low', 'medium', 'high'])[severity] as severity,
    substring(response from greatest(1, place - 60) for least(place - 1, 60) + length(term) + 60) as context
from hit
