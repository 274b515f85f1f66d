-- What the statements of a batch are found by.
copy bench.posting from stdin;
