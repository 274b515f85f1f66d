"""The archive: raw statements by day as Parquet files, and replaying them, or the log, into a database.

`days.py` is where the files lie and what is in them, `digest.py` what tells that two copies are the same, `writing.py`
writes a day out of the record, `replaying.py` loads days, or the log, as the loader would have, `commands.py` is the
command line. Dagster runs it every night (defs/upkeep/archive); whom it must forget, rights/archives.py takes out.
"""
