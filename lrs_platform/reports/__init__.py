"""Reports: questions that are asked again and again, written down once with their parameters and their chart.

`catalogue.py` reads them from warehouse/reports/*.sql, `parameters.py` binds what a caller gives, `running.py` asks the
database as every reader does (lrs_platform/asking.py) and puts names to learners for those who may see them,
`files.py` writes CSV and Parquet. Not here: routes and pages (lrs_platform/ui/reports.py).
"""
