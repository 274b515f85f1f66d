-- Statements of some days (UTC): a backfill by daily partition reads them again.
insert into changed.touched_event (position, statement_id)
select position, statement_id
from core.event
where
    occurred_at >= (%(from_day)s::date)::timestamp at time zone 'UTC'
    and occurred_at < (%(upto_day)s::date + 1)::timestamp at time zone 'UTC'
union
select position, statement_id
from core.learning_event
where
    occurred_at >= (%(from_day)s::date)::timestamp at time zone 'UTC'
    and occurred_at < (%(upto_day)s::date + 1)::timestamp at time zone 'UTC'
on conflict do nothing;
