-- The statements that a file of responses became.
select statement_id
from core.response_row
where import_id = %(import_id)s
order by line;
