-- The highest position in the record, 0 where it is empty.
select coalesce(max(position), 0) as position
from lrs.statement;
