-- Keep the statements of some log entries of a call as conflicts.
insert into lrs.conflict (log_id, statement_id, stored, authority, raw)
select
    field[1],
    field[2]::uuid,
    lrs.log_stored(field[1]),
    field[4]::json,
    field[5]::json
from (
    select string_to_array(value, E'\t') as field
    from string_to_table(%(statements)s, E'\n') as value
) as line
where field[1] = any(%(log_ids)s)
order by field[1]
on conflict do nothing;
