"""The warehouse MCP server: the only holder of the role that may write statements.

`server.py` the tools; `loading.py` and `reading.py` what they do; `database.py` the way to Postgres and its failures.
"""
