-- Statements by their ids.
insert into erased_statement (statement_id, position)
select statement.statement_id, statement.position
from lrs.statement
where statement.statement_id = any(%(ids)s::uuid[])
on conflict do nothing;
