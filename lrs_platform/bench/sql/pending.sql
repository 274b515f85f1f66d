-- The first change that the marts do not count yet.
select change_id
from core.change
where applied_at is null
order by change_id
limit 1;
