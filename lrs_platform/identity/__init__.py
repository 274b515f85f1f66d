"""Who is who: one person under several keys, and keys that belong to nobody yet.

`matching.py` says who an unknown learner may be, `commands.py` is `lrs learners`. Merges and their undoing are tools of
the warehouse server; docs/identity.md has the rules.
"""
