-- Which of these are no names of time zones.
select zone
from unnest(%(zones)s::text[]) as zone
where not exists (select from pg_timezone_names where pg_timezone_names.name = zone);
