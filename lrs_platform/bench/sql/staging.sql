-- Where a batch of the plain script arrives; empty again after each transaction.
create temporary table staged_statement (like bench.statement) on commit delete rows;
create temporary table staged_event (like bench.event) on commit delete rows;
