"""lrs_platform: xAPI statements in, durable log, Dagster, Postgres, answers out. Begin at docs/architecture.md."""

__version__ = "0.1.0"
