"""The DBHub MCP server: `@bytebase/dbhub`, which reads the database as lrs_reader, behind our address and token.

`server.py` passes tools/list and tools/call on; `child.py` is DBHub as a child process, spoken to over stdin and
stdout; `launch.py` how it is started.
"""
