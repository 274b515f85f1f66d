"""Mapping a few statements in the sandbox itself, without servers. Not here: what is expected of them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

from lrs_platform.mappings import EVENT_COLUMNS
from lrs_platform.mappings.composing import Composed, compose
from lrs_platform.mcp_servers.python.sandbox import Limits, Run, Sandbox
from lrs_platform_tests.samples import statement

LIMITS = Limits(seconds=30, memory_bytes=500_000_000, recursion_depth=200, result_bytes=2**24)
AUTHORITY = {"account": {"homePage": "https://lrs.example.com", "name": "sender"}}


def lines_of(statements: Sequence[dict[str, Any]], authority: dict[str, Any] = AUTHORITY) -> str:
    """Statement lines as the drain hands them to the sandbox."""
    return "\n".join(
        f"{1_700_000_000_000 + number}-0\t{each['id']}\t1.0.3\t{json.dumps(authority)}\t{json.dumps(each)}"
        for number, each in enumerate(statements)
    )


def run(code: str, payload: str) -> str:
    """What the code makes of the payload."""

    async def running() -> Run:
        async with Sandbox(1, LIMITS).opened() as sandbox:
            return await sandbox.run(code, {"payload": payload})

    done = asyncio.run(running())
    assert done.error is None, done.error
    return str(done.value)


def mapped(
    *statements: dict[str, Any], mapping: Composed | None = None, authority: dict[str, Any] = AUTHORITY
) -> list[dict[str, Any]]:
    """The events of statements, by column; with an error those that cannot be mapped."""
    payload = lines_of([statement(**each) for each in statements], authority)
    made = [json.loads(line) for line in run((mapping or compose(None)).text, payload).split("\n")]
    return [each if isinstance(each, dict) else dict(zip(EVENT_COLUMNS, each, strict=True)) for each in made]


def chosen(*statements: dict[str, Any], mapping: Composed | None = None, **authority: Any) -> list[str]:
    """The names of the mappings that the rules choose."""
    payload = lines_of([statement(**each) for each in statements], authority or AUTHORITY)
    return run((mapping or compose(None)).choices, payload).split("\n")
