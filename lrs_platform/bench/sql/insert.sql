-- What is new of a batch.
insert into bench.statement select * from staged_statement on conflict do nothing;
insert into bench.event select * from staged_event on conflict do nothing;
