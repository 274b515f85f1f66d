-- The statements that are to be removed, for one transaction.
create temp table if not exists erased_statement (
    statement_id uuid primary key,
    position bigint
) on commit drop;

truncate erased_statement;
