-- The lines of a batch, in the order of the columns of core.event.
copy staged_event from stdin;
