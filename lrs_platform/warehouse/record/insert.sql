-- Insert the statements that are new, and the events of those and of log entries that are stored already without one.
-- Never an event of a statement that another, earlier one keeps out. Parameters: statements and events, lines of text,
-- an event a statement; an empty line where there is none.
-- Text is split here, not copied to a temporary table: one round trip, no session state, and as fast (27,000 rows/s).
with line as materialized (
    select
        ordinal,
        string_to_array(value, E'\t') as field,
        lrs.log_position(split_part(value, E'\t', 1)) as position
    from string_to_table(%(statements)s, E'\n') with ordinality as line (value, ordinal)
),

-- Ordered by id, so that two calls that share statements lock them in the same order and cannot dead-lock; then by
-- position, so that the first of two under one id is the one that stands.
inserted as (
    insert into lrs.statement (statement_id, position, stored, version, authority, raw)
    select
        field[2]::uuid as statement_id,
        position,
        lrs.log_stored(field[1]),
        field[3],
        field[4]::json,
        field[5]::json
    from line
    order by statement_id, position
    on conflict do nothing
    returning statement_id, position, stored
),

-- The second half costs a join, so it runs only if not everything was new.
source as (
    select statement_id, position, stored
    from inserted
    union all
    select statement.statement_id, statement.position, statement.stored
    from line
    inner join lrs.statement
        on statement.statement_id = line.field[2]::uuid
        and statement.position = line.position
    where (select count(*) from inserted) < (select count(*) from line)
),

mapped as materialized (
    select
        line.position,
        event.value::jsonb as event,
        line.field[2] as statement_id
    from string_to_table(%(events)s, E'\n') with ordinality as event (value, ordinal)
    inner join line on event.ordinal = line.ordinal
    where event.value <> ''
),

added as (
    insert into core.event (
        statement_id, position, stored, occurred_at, actor_key, actor_name, verb_id, object_type, object_id,
        object_name, activity_type, registration, parent_id, grouping_id, score_scaled, score_raw, score_min,
        score_max, success, completion, response, duration_seconds, session_id, progress, platform
    )
    select
        source.statement_id,
        source.position,
        source.stored,
        coalesce((event ->> 1)::timestamptz, source.stored),
        core.key(coalesce(event ->> 2, '')),
        event ->> 3,
        core.key(event ->> 4),
        event ->> 5,
        core.key(coalesce(event ->> 6, '')),
        event ->> 7,
        event ->> 8,
        (event ->> 9)::uuid,
        event ->> 10,
        event ->> 11,
        (event ->> 12)::double precision,
        (event ->> 13)::double precision,
        (event ->> 14)::double precision,
        (event ->> 15)::double precision,
        (event ->> 16)::boolean,
        (event ->> 17)::boolean,
        event ->> 18,
        (event ->> 19)::double precision,
        event ->> 20,
        (event ->> 21)::double precision,
        event ->> 22
    from source
    inner join mapped on source.position = mapped.position
    order by source.statement_id
    on conflict do nothing
    returning 1
)

select
    (select count(*) from line) as statements,
    (select count(*) from inserted) as inserted,
    (select count(*) from added) as events,
    (select count(*) from mapped where event ->> 0 is distinct from statement_id) as misplaced,
    case
        when (select count(*) from inserted) < (select count(*) from line) then array(select position from inserted)
    end as new_positions;
