-- title: Quiz items
-- group: Lessons
-- description: >-
--   How good the questions are, by first answers. Difficulty is the share of right answers; discrimination says whether those who
--   do well otherwise answer this one right: near 0 or below, the question is worth a look.
-- parameters:
--   lesson: {type: choice, label: Lesson, choices_sql: "select distinct lesson from report.lesson_funnel order by lesson"}
--   answers: {type: integer, label: Answers at least, default: 30, minimum: 0, maximum: 1000000}
-- chart: {kind: point, x: difficulty, y: discrimination, colour: lesson}
select lesson, card, answers, correct, difficulty, discrimination, enough
from report.quiz_items
where
    (%(lesson)s is null or lesson = %(lesson)s)
    and answers >= coalesce(%(answers)s, 0)
order by difficulty, lesson, card
