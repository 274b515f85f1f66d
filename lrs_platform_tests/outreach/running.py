"""One pass of sending as a process of its own, to be killed: `python -m lrs_platform_tests.outreach.running NOW`.

Addresses and tokens of the servers come from the environment, as in a run of Dagster.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import datetime, timedelta
from time import monotonic

from lrs_platform.mcp_client import McpClient
from lrs_platform.outreach.rendering import Wording
from lrs_platform.outreach.rules import Rules
from lrs_platform.outreach.sending import Passed, Sending
from lrs_platform.settings import get_settings


async def one_pass(now: datetime) -> Passed:
    """Send what is to be sent, by a clock that starts at `now`."""
    settings = get_settings()
    begun = monotonic()
    warehouse, python, mail = clients = [
        McpClient(name, settings.require(f"mcp_{name}_url"), settings.require(f"mcp_{name}_token"))
        for name in ("warehouse", "python", "mail")
    ]
    sending = Sending(
        warehouse,
        python,
        mail,
        rules=Rules(dry_run=False),
        wording=Wording(None, "en", "https://learn.example.com"),
        clock=lambda: (now + timedelta(seconds=monotonic() - begun)).isoformat(),
    )
    try:
        return await sending.run()
    finally:
        for client in clients:
            await client.close()


if __name__ == "__main__":
    asyncio.run(one_pass(datetime.fromisoformat(sys.argv[1])))
