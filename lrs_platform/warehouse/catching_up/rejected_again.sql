-- Keep a statement that a mapping cannot digest, or note that another version cannot either.
insert into lrs.rejected (log_id, statement_id, stage, reason, mapping, raw)
values (%(log_id)s, %(statement_id)s, %(stage)s, %(reason)s, %(mapping)s, %(raw)s)
on conflict (log_id, stage) do update
set reason = excluded.reason, mapping = excluded.mapping, rejected_at = now();
