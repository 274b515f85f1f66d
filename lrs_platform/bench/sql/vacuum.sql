-- What autovacuum does after a while: a history that was just put in is read as one that grew.
vacuum (analyze) lrs.statement, lrs.posting, core.event;
