-- Which release may run with this schema: what an older one has to know before it serves a database that is ahead of it.
alter table lrs.schema_change add column compatible_from integer not null default 0;

comment on column lrs.schema_change.compatible_from is
'Code that does not know this change may run all the same if it knows the change of this number; 0: any may.';
