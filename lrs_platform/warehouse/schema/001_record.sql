-- The record: every statement as received, and those that could not be loaded as they are.
create function lrs.log_position(log_id text) returns bigint
language sql immutable parallel safe
return split_part(log_id, '-', 1)::bigint * 1048576 + split_part(log_id, '-', 2)::bigint;

create function lrs.log_stored(log_id text) returns timestamptz
language sql immutable parallel safe
return to_timestamp(split_part(log_id, '-', 1)::double precision / 1000.0);

comment on function lrs.log_position(text) is 'Position of the log entry <ms>-<seq>: ms * 2^20 + seq, the total order of the record.';
comment on function lrs.log_stored(text) is 'Time a log entry was stored: the <ms> of its id.';

create table lrs.statement (
    statement_id uuid primary key,
    position bigint not null,
    stored timestamptz not null,
    version text not null,
    authority json not null,
    raw json not null
);

-- Paging and `since`/`until` go by position. Not unique: the primary key already refuses a second row for a statement,
-- and a unique index would be a second thing to conflict with.
create index statement_position on lrs.statement (position);

comment on table lrs.statement is 'One row a statement. The identity of a statement is its id (xAPI 1.0.3, Data 2.4.1).';
comment on column lrs.statement.statement_id is 'The statement''s id; made by the gateway where the sender gave none.';
comment on column lrs.statement.position is 'Place in the record: log entry ms * 2^20 + seq.';
comment on column lrs.statement.stored is 'When the log had it on disk; milliseconds, the same as in its position.';
comment on column lrs.statement.version is 'xAPI version it was sent by.';
comment on column lrs.statement.authority is 'Who vouches for it: the authority of the credential it was sent with.';
comment on column lrs.statement.raw is 'The text as received. json, not jsonb: kept to the character, and cheaper to load.';

create table lrs.rejected (
    rejected_id bigint generated always as identity primary key,
    log_id text not null,
    statement_id text,
    stage text not null check (stage in ('map', 'load')),
    reason text not null,
    mapping text not null default '',
    raw text not null,
    rejected_at timestamptz not null default now(),
    unique (log_id, stage)
);

comment on table lrs.rejected is 'Accepted statements that could not be mapped or loaded, to be replayed once the cause is mended.';
comment on column lrs.rejected.rejected_id is 'Order of rejection.';
comment on column lrs.rejected.log_id is 'Log entry; the same entry is rejected once a stage however often it is delivered.';
comment on column lrs.rejected.statement_id is 'Id of the statement as the log has it; text, because it may be what is wrong.';
comment on column lrs.rejected.stage is 'map: the mapping script failed on it. load: the database refused it.';
comment on column lrs.rejected.reason is 'What was wrong, as the stage reported it.';
comment on column lrs.rejected.mapping is 'Mapping script and version that was used.';
comment on column lrs.rejected.raw is 'The statement as received.';
comment on column lrs.rejected.rejected_at is 'When it was rejected.';

create table lrs.conflict (
    log_id text primary key,
    statement_id uuid not null,
    stored timestamptz not null,
    authority json not null,
    raw json not null,
    found_at timestamptz not null default now()
);

create index conflict_statement on lrs.conflict (statement_id);

comment on table lrs.conflict is 'Statements that came under the id of another, different statement (xAPI 1.0.3, Data 2.4.1.1). The first one stands.';
comment on column lrs.conflict.log_id is 'Log entry of the later statement.';
comment on column lrs.conflict.statement_id is 'The id both have.';
comment on column lrs.conflict.stored is 'When the later one was stored in the log.';
comment on column lrs.conflict.authority is 'Authority of the later one.';
comment on column lrs.conflict.raw is 'Text of the later one.';
comment on column lrs.conflict.found_at is 'When the loader found it.';
