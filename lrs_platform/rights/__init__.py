"""Rights of learners: erasure with a signed proof, a copy of everything about them, and retention.

`subject.py` says what names a person and rewrites texts that do; `erasure.py` goes through all places, of which
`log_entries.py` is the log, `orchestrator_metadata.py` Dagster's database, `files.py` the instance's directory and
`archives.py` the archive; `proof.py` signs; `copy_of_data.py` is `lrs export`; `retention.py` reads what is kept how
long; `commands.py` is the command line. What happens in Postgres are tools of the warehouse server. docs/privacy.md has
the promises.
"""
