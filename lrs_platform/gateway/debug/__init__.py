"""What /api/debug tells: facts gathered beside the requests, and the pages made of them. Module b.04 of the plan.

`parts.py` one fact that is renewed and may be unknown; `board.py` which facts there are and how often they are renewed;
`project.py` (files, tests), `dagster_facts.py`, `agents.py` where they come from; `progress.py`, `test_report.py` and
`trace.py` what is told of them. Routes: lrs_platform/api/orchestrator.py.
"""
