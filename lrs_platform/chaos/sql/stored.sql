-- Some statements as they stand in the record, and whether each has an event.
select
    statement.statement_id::text as statement_id,
    statement.position,
    statement.raw::text as raw,
    event.statement_id is not null as has_event
from lrs.statement
left join core.event on statement.statement_id = event.statement_id
where statement.statement_id = any(%(ids)s::uuid[]);
