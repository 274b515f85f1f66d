-- The lines of a batch, in the order of the columns of lrs.statement.
copy staged_statement from stdin;
