"""Pages that people work with: the SQL terminal, its own and SQLPad, reports, the front page (module b.06 of the plan).

`admin.py` has the terminal's routes, `prebuilt.py` the queries that one begins with, `sqlpad.py` passes SQLPad on;
`reports.py` and `front.py` show what lrs_platform/reports computes. What is asked goes through lrs_platform/asking.py.
"""
