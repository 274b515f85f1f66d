"""Backup and restore of a whole platform: taken while it runs, consistent, checked, restored onto an empty one.

Belongs here: nothing but this. A backup is a directory, here or in an object store (store.py), that manifest.py
describes; taking.py, restoring.py and verifying.py are the three commands, the other modules a part of the data each.

Why the parts agree with each other: first it is noted up to which entry of the log everything is loaded; then the
databases are dumped, so they hold at least that; then the log is copied up to its newest entry. So whatever was
accepted before the copy of the log began is in the database, in the log behind the noted entry, or in both. After a
restore the loader begins behind that entry, and what it finds in the database already counts as redelivered. Dagster's
database is dumped before the record's: it may know of less work than was done, never of more. The bytes of an
attachment are stored before its statement is in the log, so attachments are copied last.
"""
