-- Whether changes wait that the marts do not count yet.
select change_id
from core.change
where applied_at is null
limit 1;
