copy staged_event from stdin;
