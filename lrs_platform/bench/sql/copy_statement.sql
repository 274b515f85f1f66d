copy staged_statement from stdin;
