-- What the incremental catch-up remembers between its runs: how far the log was compared with the tables, and where
-- each source LRS was left.
create table lrs.reconciled (
    log text primary key,
    upto text not null default '',
    audited text not null default '',
    changed_at timestamptz not null default now()
);

comment on table lrs.reconciled is 'How far a log was compared with the record. It lies here, so that a restored database knows how far it is itself.';
comment on column lrs.reconciled.log is 'Name of the stream.';
comment on column lrs.reconciled.upto is 'Log entry up to which every entry was found here once, or loaded again.';
comment on column lrs.reconciled.audited is 'Log entry up to which the present round over the whole log has come; empty: a new round begins.';
comment on column lrs.reconciled.changed_at is 'When that was written.';

create table lrs.source_cursor (
    source text primary key,
    since timestamptz,
    seen uuid[] not null default '{}',
    not_before timestamptz,
    pulled bigint not null default 0,
    refused bigint not null default 0,
    complete boolean not null default false,
    error text,
    pulled_at timestamptz not null default now()
);

comment on table lrs.source_cursor is 'Where pulling from each source LRS was left (sources.yaml).';
comment on column lrs.source_cursor.source is 'Name of the source.';
comment on column lrs.source_cursor.since is 'Everything the source stored before this time is in the log here.';
comment on column lrs.source_cursor.seen is 'Statements stored at or after that time which are in the log here already.';
comment on column lrs.source_cursor.not_before is 'The source asked not to be asked before (429, 503 with Retry-After).';
comment on column lrs.source_cursor.pulled is 'Statements that came from it into the log, in all.';
comment on column lrs.source_cursor.refused is 'Statements of it that went to lrs.rejected, in all.';
comment on column lrs.source_cursor.complete is 'Whether the last pull came to the end of what the source had.';
comment on column lrs.source_cursor.error is 'Why the last pull ended early; null where it did not.';
comment on column lrs.source_cursor.pulled_at is 'When it was last asked.';

-- pull: a source LRS sent what the grammar of the standard refuses.
alter table lrs.rejected drop constraint rejected_stage_check;
alter table lrs.rejected add constraint rejected_stage_check check (stage in ('map', 'load', 'pull'));

-- A statement that is mapped again is looked for among the rejected.
create index rejected_statement on lrs.rejected (statement_id);

comment on column lrs.rejected.stage is 'map: the mapping script failed on it. load: the database refused it. pull: a source LRS sent it, invalid.';
comment on column lrs.rejected.log_id is 'Log entry, or pull:SOURCE:ID for what never got into the log; one row a stage however often it comes.';
