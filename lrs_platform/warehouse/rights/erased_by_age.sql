-- The oldest statements that were stored before a time.
insert into erased_statement (statement_id, position)
select statement_id, position
from lrs.statement
where position < %(before)s
order by position
limit %(rows)s
on conflict do nothing;
