-- title: Card drop-off
-- group: Lessons
-- description: >-
--   On which card learners leave a lesson: the share of attempts that reached a card and ended there, with its 95 % interval
--   (Wilson).
-- parameters:
--   lesson: {type: choice, label: Lesson, default: first, choices_sql: "select distinct lesson from report.card_drop_off order by lesson"}
--   reached: {type: integer, label: Reached by at least, default: 1, minimum: 0, maximum: 1000000}
-- chart: {kind: bar, x: card_number, y: drop_off, format: "%", low: drop_off_low, high: drop_off_high}
select lesson, card_number, card, reached, stopped, drop_off, drop_off_low, drop_off_high
from report.card_drop_off
where
    (%(lesson)s is null or lesson = %(lesson)s)
    and reached >= coalesce(%(reached)s, 0)
order by lesson, card_number nulls last, card
