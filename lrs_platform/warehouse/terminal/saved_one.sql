-- One saved query, if it may be seen.
select
    query_id::text,
    owner,
    name,
    sql,
    chart,
    shared,
    owner = %(owner)s as mine,
    updated_at
from lrs.saved_query
where query_id = %(query_id)s and (owner = %(owner)s or shared)
