-- title: Flagged responses
-- group: Responses
-- description: Written responses with a term of a word list, the gravest and newest first. Who may not see texts sees term and place.
-- parameters:
--   lesson: {type: choice, label: Lesson, choices_sql: "select distinct lesson from report.lesson_funnel order by lesson"}
--   severity: {type: choice, label: Severity, choices: [high, medium, low]}
--   reviewed: {type: choice, label: Review, default: open, choices_sql: "select distinct reviewed from report.flagged_responses order by reviewed"}
-- chart: {kind: bars, x: term, y: responses, colour: severity, stack: true}
-- reveals: responses
select responded_at, severity, term, learner, lesson, card, reviewed, statement_id
from report.flagged_responses
where
    (%(lesson)s is null or lesson = %(lesson)s)
    and (%(severity)s is null or severity = %(severity)s)
    and (%(reviewed)s is null or reviewed = %(reviewed)s)
order by case severity when 'high' then 1 when 'medium' then 2 else 3 end, responded_at desc, term, statement_id
