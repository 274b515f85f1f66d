-- What is known of some activities.
select
    activity_id,
    definition::text as definition
from lrs.activity
where key = any(%(keys)s::uuid[]);
