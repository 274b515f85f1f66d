-- Which statements the lines of a file of responses become.
insert into core.response_row (import_id, line, statement_id)
select %(import_id)s, line, statement_id
from jsonb_to_recordset(%(rows)s::jsonb) as row (line integer, statement_id uuid);
