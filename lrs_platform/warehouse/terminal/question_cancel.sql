-- Cancel the query of a reader that begins with a mark. Only sessions of readers, whatever the mark says.
select count(*) filter (where pg_cancel_backend(pid))::integer as cancelled
from pg_stat_activity
where
    usename = any(%(readers)s)
    and state = 'active'
    and starts_with(query, %(mark)s)
