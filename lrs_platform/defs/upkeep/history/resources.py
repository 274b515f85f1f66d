"""How the purge reaches Dagster's database."""

from __future__ import annotations

from typing import Any

import dagster as dg

from lrs_platform.dagster_history import Purged, purge
from lrs_platform.mcp_client import LoopThread
from lrs_platform.settings import get_settings


class History(dg.ConfigurableResource[Any]):
    """Removes what is older than it need be."""

    def purge(self) -> Purged:
        """Events, results of checks and runs. Raises SettingMissing, psycopg.Error."""
        settings, loop = get_settings(), LoopThread()
        try:
            return loop.run(
                purge(
                    settings.require("dagster_database_url"),
                    keep_days=settings.history_days,
                    keep_failed_days=settings.history_failed_days,
                    keep_steps_hours=settings.history_steps_hours,
                )
            )
        finally:
            loop.close()
