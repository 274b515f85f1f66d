-- Attempts that saw each card of the touched lessons, and those that ended on it, with Wilson's interval.
with seen as (
    select attempt.lesson_id, card_id, count(*) as reached
    from mart.lesson_attempts as attempt
    inner join touched_lesson using (lesson_id)
    cross join unnest(attempt.card_ids) as card_id
    group by attempt.lesson_id, card_id
),

ended as (
    select attempt.lesson_id, attempt.last_card_id as card_id, count(*) as stopped
    from mart.lesson_attempts as attempt
    inner join touched_lesson using (lesson_id)
    where
        attempt.completed_at is null
        and attempt.last_at < date_trunc('day', %(as_of)s::timestamptz, 'UTC')
    group by attempt.lesson_id, attempt.last_card_id
),

counted as (
    select
        seen.lesson_id,
        seen.card_id,
        seen.reached,
        coalesce(ended.stopped, 0) as stopped,
        seen.reached::double precision as n,
        coalesce(ended.stopped, 0)::double precision / seen.reached as p,
        1.959963984540054 as z  -- 0.975 quantile of the normal distribution
    from seen
    left join ended using (lesson_id, card_id)
)

select
    counted.lesson_id,
    card_id,
    card.card_number,
    counted.reached,
    counted.stopped,
    counted.p as drop_off,
    greatest(0, (p + z * z / (2 * n) - z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))) / (1 + z * z / n)) as drop_off_low,
    least(1, (p + z * z / (2 * n) + z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))) / (1 + z * z / n)) as drop_off_high,
    %(as_of)s::timestamptz as as_of
from counted
left join core.card using (card_id)
