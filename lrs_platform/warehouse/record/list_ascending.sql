-- Positions of standing statements between two positions (both exclusive), oldest first.
select position
from lrs.statement
where
    position > %(above)s
    and position < %(below)s
    and not exists (select from lrs.voided where voided.statement_id = statement.statement_id)
order by position
limit %(rows)s;
