-- What is still to be sent, when the next of it may be, and whether somebody pressed stop.
select
    (select stopped from outreach.stop) as stopped,
    count(*) as waiting,
    min(coalesce(next_try_at, decided_at)) as next_at
from outreach.reminder
where
    not dry_run
    and (state = 'planned' or (state in ('deferred', 'unknown') and next_try_at is not null));
