-- Remove the statements and their events.
with events as (
    delete from core.event
    using erased_statement
    where event.statement_id = erased_statement.statement_id
    returning 1
),

record as (
    delete from lrs.statement
    using erased_statement
    where statement.statement_id = erased_statement.statement_id
    returning 1
)

select
    (select count(*) from record) as statements,
    (select count(*) from events) as events;
