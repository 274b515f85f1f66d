-- Schemas that this role made.
select nspname::text as name
from pg_namespace
where nspowner = current_user::regrole and nspname !~ '^pg_'
order by nspname
