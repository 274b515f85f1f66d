-- Attempts that reached each card of the touched lessons, and those that ended on it, with Wilson's interval.
with attempt as (
    select
        lesson_id,
        card_ids,
        last_card_id,
        furthest_card,
        completed_at is not null as completed,
        last_at < date_trunc('day', %(as_of)s::timestamptz, 'UTC') as over
    from mart.lesson_attempts
    inner join touched_lesson using (lesson_id)
),

furthest as (
    select
        lesson_id,
        completed,
        furthest_card,
        count(*) as attempts,
        count(*) filter (where over) as attempts_over
    from attempt
    group by lesson_id, completed, furthest_card
),

numbered as (
    select
        card.lesson_id,
        card.card_id,
        sum(furthest.attempts) filter (where furthest.completed or furthest.furthest_card >= card.card_number) as reached,
        sum(furthest.attempts_over) filter (
            where not furthest.completed and furthest.furthest_card = card.card_number
        ) as stopped
    from core.card
    inner join furthest using (lesson_id)
    where card.card_number is not null
    group by card.lesson_id, card.card_id
),

seen as (
    select attempt.lesson_id, seen.card_id, count(*) as reached
    from attempt
    cross join unnest(attempt.card_ids) as seen (card_id)
    inner join core.card on seen.card_id = card.card_id and card.card_number is null
    group by attempt.lesson_id, seen.card_id
),

ended as (
    select lesson_id, last_card_id as card_id, count(*) as stopped
    from attempt
    where over and not completed
    group by lesson_id, last_card_id
),

counted as (
    select lesson_id, card_id, reached, coalesce(stopped, 0) as stopped
    from numbered
    where reached > 0
    union all
    select seen.lesson_id, seen.card_id, seen.reached, coalesce(ended.stopped, 0)
    from seen
    left join ended using (lesson_id, card_id)
),

shared as (
    select
        lesson_id,
        card_id,
        reached::bigint as reached,
        stopped::bigint as stopped,
        reached::double precision as n,
        stopped::double precision / reached::double precision as p,
        1.959963984540054 as z  -- 0.975 quantile of the normal distribution
    from counted
)

select
    shared.lesson_id,
    card_id,
    card.card_number,
    shared.reached,
    shared.stopped,
    shared.p as drop_off,
    -- At p = 0 and p = 1 an end of the interval is p itself; arithmetic misses it by 1e-17.
    case
        when p = 0 then 0
        else (p + z * z / (2 * n) - z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))) / (1 + z * z / n)
    end as drop_off_low,
    case
        when p = 1 then 1
        else (p + z * z / (2 * n) + z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))) / (1 + z * z / n)
    end as drop_off_high,
    %(as_of)s::timestamptz as as_of
from shared
left join core.card using (card_id)
