"""The MCP servers: everything that touches the database or runs someone's Python is a tool call on one of these.

One package a server, each started by `python -m lrs_platform.mcp_servers.<name>`. `serving.py` is what they share.
"""
