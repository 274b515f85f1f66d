"""The tool of the Python server: run_python_code, as mcp-run-python 0.0.22 has it.

Belongs here: name, parameters, description. Not here: running code (sandbox.py), the form of a reply (result.py).
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import Field
from starlette.types import ASGIApp

from lrs_platform.mcp_servers.hot_tools import HotTools
from lrs_platform.mcp_servers.python.result import error_text, success_text
from lrs_platform.mcp_servers.python.sandbox import Limits, Sandbox, SandboxBusy
from lrs_platform.mcp_servers.serving import STREAMABLE_HTTP, Health, log_to_stderr, serve
from lrs_platform.settings import get_settings

DESCRIPTION = """\
Tool to execute Python code and return stdout, stderr, and return value.

The code may be async, and the value on the last line will be returned as the return value.

The code runs in a sandbox: a subset of Python 3.14, no files, no network, no environment; time and memory are limited.
"""


def application(sandbox: Sandbox, limits: Limits) -> ASGIApp:
    """The ASGI application of the server; it starts and ends the workers of `sandbox`."""

    @asynccontextmanager
    async def lifespan(_: MCPServer[Any]) -> AsyncIterator[Sandbox]:
        async with sandbox.opened():
            yield sandbox

    server = MCPServer(
        "python",
        instructions='Call the "run_python_code" tool with the Python code to run.',
        lifespan=lifespan,
        log_level="WARNING",
    )

    @server.tool(title="Run Python code", description=DESCRIPTION, structured_output=False)
    async def run_python_code(
        python_code: Annotated[str, Field(description="Python code to run")],
        global_variables: Annotated[
            dict[str, Any],
            Field(default_factory=dict, description="Map of global variables in context when the code is executed"),
        ],
    ) -> str:
        try:
            run = await sandbox.run(python_code, global_variables)
        except SandboxBusy as error:
            raise ToolError(f"transient: {error}") from error
        output = run.printed.splitlines()
        if run.error is not None:
            return error_text(run.error, output)
        text = success_text(run.value, output)
        if len(text) > limits.result_bytes:
            return error_text(f"MemoryError: the result is longer than {limits.result_bytes} characters", output)
        return text

    return HotTools(server.streamable_http_app(**STREAMABLE_HTTP), run_python_code)


def main() -> None:
    """Serve until SIGTERM. Raises SettingMissing where the token is not set."""
    log_to_stderr()
    settings = get_settings()
    settings.require("mcp_python_token")
    for name in set(os.environ) - {"PATH", "LANG", "LC_ALL", "TZ"}:
        del os.environ[name]  # workers inherit what is left; code that broke out of one would find no token
    limits = Limits(
        settings.sandbox_seconds,
        settings.sandbox_memory_bytes,
        settings.sandbox_recursion_depth,
        settings.sandbox_result_bytes,
    )
    sandbox = Sandbox(settings.sandbox_workers, limits)

    async def health() -> Health:
        if await sandbox.answers(2.0):
            return Health(True, {"workers": sandbox.workers, "running": sandbox.running})
        return Health(False, {"reason": "no sandbox worker answers"})

    serve("python", application(sandbox, limits), settings, health)
