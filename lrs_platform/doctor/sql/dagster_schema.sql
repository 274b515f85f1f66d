-- What the comment on this database says of the schema of Dagster's that is in it.
select shobj_description(oid, 'pg_database') as made
from pg_database
where datname = current_database()
