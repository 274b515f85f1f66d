-- The next run of the plain script copies the same entries.
truncate bench.statement, bench.event, bench.posting;
