-- Seconds from the log's entry to the end of the refresh that counted it, of the events from a position on; and how many wait.
with delay as (
    select
        event.position,
        extract(epoch from max(change.applied_at) - to_timestamp((event.position >> 20) / 1000.0)) as seconds,
        bool_or(change.applied_at is null) as waits
    from core.change
    inner join core.event as event on event.position between change.from_position and change.upto_position
    where
        change.kind = 'load'
        and change.upto_position >= %(since)s
        and event.position >= %(since)s
    group by event.position
)

select
    count(*) filter (where waits) as waiting,
    coalesce(percentile_cont(0.5) within group (order by seconds), 0)::float8 as p50,
    coalesce(percentile_cont(0.95) within group (order by seconds), 0)::float8 as p95,
    coalesce(max(seconds), 0)::float8 as worst
from delay;
