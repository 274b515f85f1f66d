-- What a run of retention removed.
insert into lrs.retention_run (removed)
values (%(removed)s);
