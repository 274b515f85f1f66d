"""The layers of the package, from the ground up: held by test_architecture.py, shown by docs/reference/packages.md.

A part imports from its own layer and from those before it. Of the parts that name a file the longest path decides.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Layer:
    """What its parts have in common, and their paths below lrs_platform/."""

    what: str
    parts: str


LAYERS = {
    "ground": Layer(
        "Knows of nothing else here: the standard, the guard, made-up data, settings, and what reads files.",
        "__init__.py settings.py sql_files.py http1.py tracing.py semantic_model.py local/files.py xapi sql_guard"
        " simulate",
    ),
    "reach": Layer(
        "How another process, a file or a database is reached.",
        "stream mcp_client.py call_log warehouse mcp_servers/python/result.py send archive/days.py archive/digest.py",
    ),
    "domain": Layer(
        "What the platform is for, one capability each. It works through the layer before, and holds no credential.",
        "asking.py log_and_record.py dagster_history mappings identity roster outreach pulling rights reports questions"
        " contracts",
    ),
    "servers": Layer("The processes that hold a credential, and nothing beside it.", "mcp_servers"),
    "loading": Layer(
        "The way of a statement from the log into the warehouse and the archive.",
        "etl_streaming.py etl_incremental.py standing_drain.py archive",
    ),
    "faces": Layer(
        "What people and programs meet: Dagster, HTTP, pages.",
        "defs definitions.py dagster_storage.py gateway ui api questions/page.py",
    ),
    "operation": Layer(
        "The command line, and all that starts, watches, copies, measures or harms a whole platform.",
        "local administration.py credentials_cli.py cli.py backup doctor bench capacity chaos",
    ),
}
