-- End sessions of readers that have been in one transaction for too long: their own time limits are settings that a
-- session may change, this one is not.
select count(*) filter (where pg_terminate_backend(pid))::integer as ended
from pg_stat_activity
where
    usename = any(%(readers)s)
    and state <> 'idle'
    and coalesce(xact_start, query_start) < now() - make_interval(secs => %(seconds)s)
