-- What is known of some activities, locked until the load commits.
select key::text as key, definition::text as definition
from lrs.activity
where key = any(%(keys)s::uuid[])
order by key
for update;
