"""A loader in a process of its own, so that a test can kill it: drains the log that the environment names.

With `--silent` it loads and never says so, as one that dies between its commit and the group's offset.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence

from lrs_platform.etl_streaming import Busy, Drain
from lrs_platform.mcp_client import McpClient
from lrs_platform.settings import get_settings
from lrs_platform.stream.kafka import KafkaLog
from lrs_platform.stream.opening import open_kafka

FOR_EVER = 3600.0  # the test ends it


class Silent(KafkaLog):
    """A log that never hears what was loaded."""

    async def ack(self, ids: Sequence[bytes]) -> None:
        """Never returns."""
        await asyncio.sleep(FOR_EVER)


async def drain(*, silent: bool) -> None:
    """Load until somebody ends it."""
    settings = get_settings()
    log = open_kafka(settings)
    if silent:
        log.__class__ = Silent
    python, warehouse = (
        McpClient(name, settings.require(f"mcp_{name}_url"), settings.require(f"mcp_{name}_token"))
        for name in ("python", "warehouse")
    )
    while True:
        try:
            await Drain(log=log, python=python, warehouse=warehouse, budget_seconds=FOR_EVER).run()
        except Busy:  # the lease of one that was killed
            await asyncio.sleep(0.2)


if __name__ == "__main__":
    asyncio.run(drain(silent="--silent" in sys.argv))
