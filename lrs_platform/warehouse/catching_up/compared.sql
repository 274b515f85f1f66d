-- Log and record side by side: what became of each entry of the log between two positions, and which rows stand there
-- that no entry brought. `entries` are all entries of that span.
with entry as materialized (
    select
        split_part(value, E'\t', 1) as log_id,
        split_part(value, E'\t', 2) as statement_id,
        lrs.log_position(split_part(value, E'\t', 1)) as position
    from string_to_table(%(entries)s, E'\n') as value
    where value <> ''
),

traced as materialized (
    select
        entry.log_id,
        entry.position,
        statement.statement_id,
        case
            when statement.position = entry.position then 'stored'
            when exists (select from lrs.conflict where conflict.log_id = entry.log_id) then 'conflict'
            when statement.statement_id is not null then 'repeated'
            when exists (select from lrs.rejected where rejected.log_id = entry.log_id) then 'rejected'
            else 'missing'
        end as fate
    from entry
    left join lrs.statement
        on statement.statement_id = case when pg_input_is_valid(entry.statement_id, 'uuid') then entry.statement_id::uuid end
),

standing as materialized (
    select
        statement_id,
        position
    from lrs.statement
    where position > %(after)s and position <= %(upto)s
),

-- A statement without an event was rejected by the mapping, or is voided.
without_event as (
    select traced.log_id
    from traced
    where
        traced.fate = 'stored'
        and not exists (select from core.event where event.statement_id = traced.statement_id)
        and not exists (select from lrs.rejected where rejected.log_id = traced.log_id)
        and not exists (select from lrs.voided where voided.statement_id = traced.statement_id)
),

hours as (
    select
        (position >> 20) / 3600000 as hour,
        count(*) as log,
        count(*) filter (where fate = 'stored') as stored,
        count(*) filter (where fate = 'repeated') as repeated,
        count(*) filter (where fate = 'conflict') as conflicts,
        count(*) filter (where fate = 'rejected') as rejected,
        0 as standing
    from traced
    group by (position >> 20) / 3600000
    union all
    select (position >> 20) / 3600000, 0, 0, 0, 0, 0, count(*)
    from standing
    group by (position >> 20) / 3600000
)

select
    array(select log_id from traced where fate = 'missing' order by position) as missing,
    array(select log_id from without_event) as without_event,
    array(
        select standing.statement_id::text
        from standing
        where not exists (
            select from traced
            where traced.statement_id = standing.statement_id and traced.position = standing.position
        )
    ) as foreign_rows,
    (select count(*) - count(distinct position) from standing)
    + (select count(*) - count(distinct statement_id) from standing) as doubled,
    array(
        select array[hour, sum(log), sum(stored), sum(repeated), sum(conflicts), sum(rejected), sum(standing)]::bigint[]
        from hours
        group by hour
        order by hour
    ) as hours;
