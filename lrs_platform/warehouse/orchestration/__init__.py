"""SQL of the orchestrator: keeping the log of MCP calls, and following one statement through the tables.

Belongs here: .sql files and reading them. Not here: when they run (mcp_servers/warehouse/calls.py, following.py).
"""

from __future__ import annotations

from lrs_platform.warehouse import texts_of

sql = texts_of("orchestration")
