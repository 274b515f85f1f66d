-- Lines of a call that another log entry's statement keeps out of the record, with what stands there if the texts differ.
-- Run after insert.sql and in the same transaction: only now are rows of a concurrent call visible.
with line as (
    select string_to_array(value, E'\t') as field
    from string_to_table(%(statements)s, E'\n') as value
)

select
    line.field[1] as log_id,
    statement.raw::text = line.field[5] as same_text,
    case when statement.raw::text <> line.field[5] then statement.raw::text end as standing,
    case when statement.raw::text <> line.field[5] then line.field[5] end as raw
from line
inner join lrs.statement on statement.statement_id = line.field[2]::uuid
where statement.position <> lrs.log_position(line.field[1]);
