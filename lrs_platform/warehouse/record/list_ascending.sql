-- Positions of standing statements between two positions (both exclusive), oldest first.
select position
from lrs.statement
where position > %(above)s and position < %(below)s and not lrs.is_voided(statement_id)
order by position
limit %(rows)s;
