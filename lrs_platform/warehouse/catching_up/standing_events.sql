-- Which of these statements have an event.
select statement_id::text
from core.event
where statement_id = any(%(statement_ids)s::uuid[]);
