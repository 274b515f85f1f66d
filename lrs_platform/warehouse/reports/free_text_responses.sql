-- title: Free-text responses
-- group: Responses
-- description: What learners wrote, the newest first. Who may not see texts sees when, where and how many words.
-- parameters:
--   lesson: {type: choice, label: Lesson, choices_sql: "select distinct lesson from report.lesson_funnel order by lesson"}
--   written_from: {type: date, label: From, default: today-60}
--   written_until: {type: date, label: Until}
-- chart: {kind: bars, x: lesson, y: responses}
-- reveals: responses
select responded_at, learner, lesson, card, words, statement_id
from report.free_text_responses
where
    (%(lesson)s is null or lesson = %(lesson)s)
    and responded_at >= coalesce(%(written_from)s, '-infinity')
    and responded_at < coalesce(%(written_until)s + 1, 'infinity')
order by responded_at desc, statement_id
