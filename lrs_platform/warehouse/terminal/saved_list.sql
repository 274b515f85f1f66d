-- The queries that someone sees: their own, then what others share.
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
where owner = %(owner)s or shared
order by owner = %(owner)s desc, lower(name), query_id
limit 1000
