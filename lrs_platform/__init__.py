"""lrs_platform: xAPI statements in, durable log, Dagster, Postgres, answers out. Begin at docs/architecture.md."""

from pathlib import Path

__version__ = "0.1.0"  # the one place: pyproject.toml reads it here
DEFAULT_HOME = Path("~/.local/share/lrs")  # of an instance; the launcher `lrs` of a checkout takes .lrs beside itself
