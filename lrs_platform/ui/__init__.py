"""Pages that people work with: the SQL terminal, its own and SQLPad (module b.06 of the plan).

`admin.py` has the routes, `prebuilt.py` the queries that one begins with, `sqlpad.py` passes SQLPad on and
`same_origin.py` keeps other sites from acting in the name of whoever is logged in. What is asked goes through
lrs_platform/asking.py.
"""
