-- The events of the statements set apart.
select to_jsonb(event)
from erased_statement
inner join core.event using (statement_id)
order by event.position;
