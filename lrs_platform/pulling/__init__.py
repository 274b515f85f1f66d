"""Pulling statements from other LRSs into the log here, so that one path serves what is sent and what is fetched.

`sources.py` which LRSs there are (sources.yaml); `fetching.py` one page over HTTP; `pull.py` from where a source was
left to the end of what it has, or of the budget.
"""
