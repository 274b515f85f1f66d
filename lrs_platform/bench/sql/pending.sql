-- Changes that the marts do not count yet.
select count(*) as changes
from core.change
where applied_at is null;
