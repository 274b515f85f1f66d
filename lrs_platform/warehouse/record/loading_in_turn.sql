-- Loads go through what follows one after the other, until they commit: of two statements, one referring to the other, that
-- are loaded at the same time, one load must see both. ("lrs" in ASCII, then 3; 1 is the schema's, 2 the marts'.)
select pg_advisory_xact_lock(1819439875);
