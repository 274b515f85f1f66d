-- What Postgres calls types that the model names: the same spelling as in tables.sql, null where there is no such type.
select declared, format_type(to_regtype(declared), null) as called
from unnest(%(types)s::text[]) as declared;
