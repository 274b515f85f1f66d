-- Write what is now known of some activities.
insert into lrs.activity (key, activity_id, definition)
select
    key,
    activity_id,
    definition::json
from unnest(%(keys)s::uuid[], %(activity_ids)s::text[], %(definitions)s::text[]) as told (key, activity_id, definition)
order by key
on conflict (key) do update set definition = excluded.definition;
