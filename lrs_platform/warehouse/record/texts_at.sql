-- Texts of the statements at some positions, newest first.
select raw::text as raw
from lrs.statement
where position = any(%(positions)s::bigint[])
order by position desc;
