-- Who else is connected to this database by the role that writes it.
select distinct coalesce(nullif(application_name, ''), 'a session')::text as name
from pg_stat_activity
where
    datname = current_database()
    and usename = current_user
    and pid <> pg_backend_pid()
order by 1
