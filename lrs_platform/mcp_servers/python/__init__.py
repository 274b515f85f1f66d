"""The Python MCP server: runs scripts in a sandbox, with mcp-run-python's contract, so that either can be used.

`server.py` the tool; `sandbox.py` the pool of sandboxed interpreters; `result.py` what a caller reads from a reply.
"""
