"""Parts of the orchestrator by themselves: the call log, the history of test runs, traces."""
