-- Statements by chance, of those that say in which course and attempt they were made.
select
    statement_id::text as statement_id,
    stored,
    raw::text as raw
from lrs.statement tablesample system (5)
where
    raw -> 'context' ->> 'registration' is not null
    and raw -> 'context' -> 'contextActivities' -> 'parent' -> 0 ->> 'id' is not null
order by random()
limit %(rows)s;
