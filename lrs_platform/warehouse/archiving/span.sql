-- Positions of the first and the last statement of the record; null where there is none.
select
    min(position) as first_one,
    max(position) as last_one
from lrs.statement;
