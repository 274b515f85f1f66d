-- How many statements are stored, and the position of the oldest.
select count(*) as statements, min(position) as oldest
from lrs.statement;
