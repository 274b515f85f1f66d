-- Remember how far a log was compared with the record.
insert into lrs.reconciled (log, upto, audited)
values (%(log)s, %(upto)s, %(audited)s)
on conflict (log) do update set upto = excluded.upto, audited = excluded.audited, changed_at = now();
