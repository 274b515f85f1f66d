-- Functions that lift limits, write, or hide SQL, and that the readers' role may call all the same.
select distinct proname::text as function
from pg_proc
where
    pronamespace = 'pg_catalog'::regnamespace
    and proname = any(%(taken_away)s)
    and has_function_privilege('lrs_reader', oid, 'execute')
order by 1
limit 20
