"""Promises of the MCP servers, their client and the SQL schema, kept against real processes."""
