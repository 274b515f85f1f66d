-- The ledger of schema changes. Run at every start, before the ledger is read, so it only creates what is not there.
create schema if not exists lrs;

create table if not exists lrs.schema_change (
    version integer primary key,
    name text not null,
    sha256 text not null,
    applied_at timestamptz not null default now()
);

comment on schema lrs is 'The record exactly as it was received, and what happened to it on the way in.';
comment on table lrs.schema_change is 'Schema changes that were applied, one row a file of warehouse/schema.';
comment on column lrs.schema_change.version is 'Number in front of the file name; changes are applied in this order.';
comment on column lrs.schema_change.name is 'File name without the number and the ending.';
comment on column lrs.schema_change.sha256 is 'Checksum of the file; a file that was applied never changes again.';
comment on column lrs.schema_change.applied_at is 'When it was applied.';
