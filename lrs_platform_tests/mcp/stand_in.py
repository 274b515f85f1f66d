"""An MCP server that someone else might run: the SDK's defaults (event streams, sessions), XML replies.

Run as `python -m lrs_platform_tests.mcp.stand_in PORT`. It runs no code: it answers with the text of `payload`.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from mcp.server.mcpserver import Context, MCPServer

server = MCPServer("stand-in", log_level="WARNING")
calls = 0


@server.tool(structured_output=False)
async def run_python_code(python_code: str, global_variables: dict[str, Any], ctx: Context[Any, Any]) -> str:
    """The contract of mcp-run-python, XML form."""
    global calls
    calls += 1
    await ctx.report_progress(1, 1, "told on the way")
    if python_code == "calls":
        return f"<status>success</status>\n<return_value>\n{calls}\n</return_value>"
    if python_code == "slow":
        await asyncio.sleep(3600)
    if python_code == "crash":
        raise ValueError("what only the server should know")
    return f"<status>success</status>\n<return_value>\n{global_variables['payload']}\n</return_value>"


if __name__ == "__main__":
    server.run("streamable-http", host="127.0.0.1", port=int(sys.argv[1]), max_request_body_size=16 * 2**20)
