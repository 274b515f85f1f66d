"""The read barrier: a GET of statements, activities or agents sees everything that was accepted before it came.

Belongs here: waiting for the loader, within a bound. docs/consistency.md tells users what they may rely on.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING

from lrs_platform.gateway import metrics
from lrs_platform.stream import LogUnavailable

if TYPE_CHECKING:
    from lrs_platform.gateway.services import Services

log = logging.getLogger(__name__)

GRACE_SECONDS = 1.0  # beyond LRS_READ_BARRIER_MS: for a log that does not even answer


async def wait_for_loader(services: Services) -> str:
    """Wait, for LRS_READ_BARRIER_MS at most, until what the log holds now is loaded; its newest entry id ("" if the
    log is away).
    """
    started = time.perf_counter()
    limit_ms = services.settings.read_barrier_ms
    newest, outcome = "", "log_away"
    try:
        async with asyncio.timeout(limit_ms / 1000 + GRACE_SECONDS):
            newest = (await services.log.position(max_age_ms=0)).newest
            outcome = "loaded" if await services.log.wait_loaded(newest, timeout_ms=limit_ms) else "timeout"
            await services.watermark.look()
    except (LogUnavailable, TimeoutError) as error:
        log.warning("read without the barrier: %s", str(error) or "the log does not answer")
    metrics.BARRIER_SECONDS.labels(outcome).observe(time.perf_counter() - started)
    return newest
