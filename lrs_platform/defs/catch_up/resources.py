"""How the asset of this domain reaches log, servers and sources. Not here: what a run does (etl_incremental.py)."""

from __future__ import annotations

from typing import Any

import dagster as dg

from lrs_platform.defs.resources import connections
from lrs_platform.etl_incremental import CatchUp, CaughtUp
from lrs_platform.pulling.pull import Pull
from lrs_platform.pulling.sources import read_sources
from lrs_platform.settings import get_settings
from lrs_platform.stream.opening import open_index


class CatchingUp(dg.ConfigurableResource[Any]):
    """One run of the incremental ETL."""

    def run(self) -> CaughtUp:
        """Drain, reconcile, map again, pull; failures of single steps are told in the result."""
        settings, parts = get_settings(), connections()
        index = open_index(settings)

        async def caught_up() -> CaughtUp:
            try:
                return await CatchUp(
                    log=parts.log,
                    index=index,
                    python=parts.python,
                    warehouse=parts.warehouse,
                    pulling=Pull(lambda: read_sources(settings), parts.log, parts.warehouse),
                    seconds=settings.catch_up_seconds,
                    batch_size=settings.batch_size,
                ).run()
            finally:
                await index.close()

        return parts.loop.run(caught_up())
