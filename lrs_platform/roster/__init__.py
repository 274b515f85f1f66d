"""Files that people import: rosters, course files, and exports of responses.

`table.py` reads CSV of any make, `people.py`, `lessons.py` and `responses.py` understand its columns, `importing.py`
takes what was understood into the platform, `commands.py` is `lrs import`. What the files mean once they are stored,
and what taking one back does, is in lrs_platform/warehouse/people.
"""
