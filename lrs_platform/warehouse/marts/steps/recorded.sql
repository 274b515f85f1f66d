-- Keep what this refresh did; the last 7 days of them.
with old as (
    delete from core.refresh
    where started_at < now() - interval '7 days'
)

insert into core.refresh (mode, as_of, started_at, milliseconds, changes, events)
values (%(mode)s, %(as_of)s, now(), %(ms)s, %(changes)s, %(events)s);
