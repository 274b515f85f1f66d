-- Rejected statements that stand in the record and that another version of the mapping refused, as statement lines.
select
    rejected.rejected_id,
    concat_ws(
        E'\t', rejected.log_id, statement.statement_id, statement.version, statement.authority, statement.raw
    ) as line
from lrs.rejected
inner join lrs.statement
    on statement.statement_id = case when pg_input_is_valid(rejected.statement_id, 'uuid') then rejected.statement_id::uuid end
where
    rejected.stage in ('map', 'load')
    and rejected.mapping <> %(mapping)s
    and rejected.rejected_id > %(after)s
    and statement.position = lrs.log_position(rejected.log_id)
order by rejected.rejected_id
limit %(rows)s;
