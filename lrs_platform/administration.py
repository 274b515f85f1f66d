"""How a command typed beside the platform reaches its parts: as the environment says, else as the instance does.

Belongs here: addresses and tokens for `lrs import`, `lrs learners`, `lrs erase` and their like. In a container they
come from the environment; on one machine from the files of the instance in $LRS_HOME, which only its owner can read.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from lrs_platform.local.credentials import load_credentials, load_secrets
from lrs_platform.local.instance import StartError, open_instance
from lrs_platform.local.processes import values_of
from lrs_platform.mcp_client import McpClient, McpToolError, McpUnavailable
from lrs_platform.settings import Settings, get_settings

T = TypeVar("T")
DONE, NOT_ALL, CANNOT = 0, 1, 2  # exit statuses
PATIENCE_SECONDS = 900.0  # of a call: an import of a large company, a search through all tables


def settings_of(home: Path) -> Settings:
    """Settings with every address and token that the instance in `home` has. Raises StartError where there is none."""
    given = get_settings()
    if given.mcp_warehouse_url and given.mcp_warehouse_token:
        return given
    instance = open_instance(home)
    values = values_of(instance, given, load_secrets(instance), load_credentials(instance))
    return Settings.model_validate(values)


@asynccontextmanager
async def warehouse_of(settings: Settings) -> AsyncIterator[McpClient]:
    """The warehouse server, with patience for long calls."""
    client = McpClient(
        "warehouse",
        settings.require("mcp_warehouse_url"),
        settings.require("mcp_warehouse_token"),
        read_timeout=PATIENCE_SECONDS,
    )
    try:
        yield client
    finally:
        await client.close()


def run(home: Path, action: Callable[[Settings, McpClient], Awaitable[int]]) -> int:
    """Run `action` with the settings and the warehouse of the instance in `home`; its exit status.

    What the server refuses, and that it cannot be reached, is one line and status 2.
    """
    settings = settings_of(home)

    async def with_warehouse() -> int:
        async with warehouse_of(settings) as warehouse:
            return await action(settings, warehouse)

    try:
        return asyncio.run(with_warehouse())
    except McpUnavailable as error:
        raise StartError(f"{error}: is it running? `sh lrs status`") from error
    except McpToolError as error:
        raise StartError(str(error).removeprefix("data: ")) from error


async def deliver(statements: Sequence[dict[str, Any]]) -> None:
    """Send statements to the running instance as `lrs send` does. Raises StartError where not all are accepted."""
    from lrs_platform.send import ALL_ACCEPTED, send

    with tempfile.TemporaryDirectory(prefix="lrs-import-") as directory:
        path = Path(directory) / "statements.jsonl"
        path.write_text("".join(json.dumps(statement) + "\n" for statement in statements), encoding="utf-8")
        status = await asyncio.to_thread(send, [path], resume=False)
        if status != ALL_ACCEPTED:
            rejected = path.with_name(f"{path.name}.rejected.jsonl")
            if rejected.exists():
                sys.stderr.write(rejected.read_text(encoding="utf-8")[:2000])
            raise StartError("not all statements were accepted; the same command again sends them once more")
