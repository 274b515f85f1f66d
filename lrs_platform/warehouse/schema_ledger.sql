-- Changes that this database has had. By way of json, because a ledger of the first release has no compatible_from.
select
    version,
    sha256,
    coalesce((to_jsonb(schema_change) ->> 'compatible_from')::integer, 0) as compatible_from
from lrs.schema_change
