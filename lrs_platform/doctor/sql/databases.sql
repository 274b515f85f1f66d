-- The databases of this server that somebody may enter who has no work there.
select
    datname::text as name,
    has_database_privilege('public', oid, 'connect') as open_to_all,
    datname <> current_database() and has_database_privilege('lrs_reader', oid, 'connect') as open_to_reader
from pg_database
where datallowconn
