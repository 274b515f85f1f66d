-- How many statements were stored before a position.
select count(*)
from lrs.statement
where position < %(before)s;
