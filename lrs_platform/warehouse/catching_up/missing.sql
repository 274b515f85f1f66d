-- Log entries that left no trace: no statement under their id, not rejected, not in conflict.
with entry as (
    select
        split_part(value, E'\t', 1) as log_id,
        split_part(value, E'\t', 2) as statement_id
    from string_to_table(%(entries)s, E'\n') as value
)

select entry.log_id
from entry
where
    not exists (
        select from lrs.statement
        where statement.statement_id = case when pg_input_is_valid(entry.statement_id, 'uuid') then entry.statement_id::uuid end
    )
    and not exists (select from lrs.rejected where rejected.log_id = entry.log_id)
    and not exists (select from lrs.conflict where conflict.log_id = entry.log_id);
