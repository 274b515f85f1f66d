-- Which of the accepted statements can be read now, with their event.
select s.statement_id::text
from lrs.statement as s
inner join core.event as e using (statement_id)
where s.statement_id = any(%(outstanding)s::uuid []);
