-- Which of the accepted statements can be read now, with their event.
select stored.statement_id::text
from lrs.statement as stored
inner join core.event as event on stored.statement_id = event.statement_id
where stored.statement_id = any(%(outstanding)s::uuid[]);
