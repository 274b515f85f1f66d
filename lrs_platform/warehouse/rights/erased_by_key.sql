-- Statements whose events have one of these actors.
insert into erased_statement (statement_id, position)
select statement_id, position
from core.event
where actor_key = any(%(keys)s::text[])
on conflict do nothing;
