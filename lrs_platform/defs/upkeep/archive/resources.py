"""How the archive's asset and schedule reach the record, the log and the files."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import dagster as dg

from lrs_platform.archive.days import DAY_MS, Archive, days_between, positions_of
from lrs_platform.archive.writing import ArchivedDay, archive_day, span_of_record
from lrs_platform.defs.resources import connections
from lrs_platform.mcp_client import McpClient
from lrs_platform.settings import Settings, get_settings

FIRST_DAY = date(2024, 1, 1)  # as of the partitions of `events`; nothing was stored earlier
DIGEST_SECONDS = 900.0  # of one call: ten million statements of a day take a minute


class DayNotOver(RuntimeError):
    """A day that cannot be archived yet, because statements of it may still come."""


class Archiving(dg.ConfigurableResource[Any]):
    """Writes days of the record into the archive."""

    def archive(self, wanted: Sequence[date]) -> list[ArchivedDay]:
        """Bring these days to what the record has. Raises DayNotOver, McpUnavailable, McpToolError, OSError."""
        settings, parts = get_settings(), connections()
        archive = Archive.of(settings)

        async def archived() -> list[ArchivedDay]:
            loaded_ms = (await parts.log.position(max_age_ms=0)).watermark_ms
            for day in wanted:
                if positions_of(day)[1] >> 20 > loaded_ms:
                    raise DayNotOver(f"{day} is not over, or not all of it is loaded: archive it later")
            warehouse = _patient(settings)
            try:
                return [await archive_day(warehouse, archive, day) for day in wanted]
            finally:
                await warehouse.close()

        return parts.loop.run(archived())

    def days_over(self) -> list[date]:
        """Days from the first statement's, or FIRST_DAY, to yesterday. Raises McpUnavailable."""
        parts = connections()
        span = parts.loop.run(span_of_record(parts.warehouse))
        if span is None:
            return []
        yesterday = datetime.now(UTC).date() - timedelta(days=1)
        return days_between(max(span[0], FIRST_DAY), yesterday)

    def note_archived(self, known: Collection[str]) -> None:
        """Tell the log up to when every day is archived; it keeps what is later, and forgets the rest in its time."""
        upto_ms = 0
        for day in self.days_over():
            if day.isoformat() not in known:
                break
            upto_ms = (positions_of(day)[0] >> 20) + 1 + DAY_MS
        if upto_ms:
            parts = connections()
            parts.loop.run(parts.log.note_archived(upto_ms))


def _patient(settings: Settings) -> McpClient:
    return McpClient(
        "warehouse",
        settings.require("mcp_warehouse_url"),
        settings.require("mcp_warehouse_token"),
        read_timeout=DIGEST_SECONDS,
    )
