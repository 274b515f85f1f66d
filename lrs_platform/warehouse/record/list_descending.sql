-- Positions of standing statements between two positions (both exclusive), newest first.
select position
from lrs.statement
where position > %(above)s and position < %(below)s and not lrs.is_voided(statement_id)
order by position desc
limit %(rows)s;
