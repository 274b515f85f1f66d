"""What is kept how long: reading retention.yaml, and applying it.

Belongs here: the policy. Not here: which tables can be kept for a time, and removing (the warehouse server's tool).
"""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

from lrs_platform.mcp_client import McpClient
from lrs_platform.rights import archives
from lrs_platform.rights.files import remove_attachments
from lrs_platform.settings import Settings

ARCHIVE = "archive"  # stands in the policy among the tables, and is none
DEFAULT_FILE = Path(__file__).with_name("retention.yaml")


class PolicyInvalid(ValueError):
    """retention.yaml cannot be used; the message says where."""


def policy(settings: Settings) -> dict[str, float]:
    """Days by table, of LRS_RETENTION_FILE, else of the file beside this one. Raises PolicyInvalid, OSError."""
    import yaml

    path = settings.retention_file or DEFAULT_FILE
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except yaml.YAMLError as error:
        raise PolicyInvalid(f"{path} is no YAML: {error}") from error
    if not isinstance(content, dict):
        raise PolicyInvalid(f"{path}: write a table a line, as in lrs.rejected: 365")
    days: dict[str, float] = {}
    for table, value in content.items():
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
            raise PolicyInvalid(f"{path}: {table} is kept for a number of days greater than 0, or for ever (nothing)")
        days[str(table)] = float(value)
    return days


async def apply(settings: Settings, warehouse: McpClient, *, dry_run: bool = False) -> dict[str, int]:
    """Remove what is older than the policy allows, in parts; rows removed by table. With `dry_run` those that would be.

    Raises PolicyInvalid, OSError, McpUnavailable, McpToolError for a table that cannot be kept for a time only.
    """
    days = policy(settings)
    removed: Counter[str] = Counter()
    if (archived := days.pop(ARCHIVE, None)) is not None:
        removed["days of the archive"] += await asyncio.to_thread(archives.expire, settings, archived, dry_run=dry_run)
    while True:
        arguments = {"days": days, "dry_run": dry_run}
        done = await warehouse.call_json("apply_retention", arguments, safe_to_retry=True)
        removed.update(done["removed"])
        if done["attachments"]:
            removed["attachments"] += await asyncio.to_thread(remove_attachments, settings, done["attachments"])
        if not done["more"]:
            return dict(+removed)
