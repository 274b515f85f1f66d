-- Keep one statement that could not be mapped or loaded; a second delivery of the entry adds nothing.
insert into lrs.rejected (log_id, statement_id, stage, reason, mapping, raw)
values (%(log_id)s, %(statement_id)s, %(stage)s, %(reason)s, %(mapping)s, %(raw)s)
on conflict (log_id, stage) do nothing;
