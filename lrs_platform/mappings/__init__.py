"""Scripts that turn statements into canonical event rows. They run in the python MCP server's sandbox, never here.

A script gets one text `payload` (statement lines, docs/architecture.md); its last expression is the text of event
lines.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

# Order of a mapping's output row and of core.event's columns after (position, stored).
EVENT_COLUMNS = (
    "statement_id",      # uuid
    "occurred_at",       # timestamptz; null: the warehouse takes `stored`
    "actor_key",         # text: mbox | mbox_sha1sum | openid | account as "homePage|name"
    "actor_name",        # text
    "verb_id",           # text (IRI)
    "object_type",       # text: Activity, Agent, Group, StatementRef, SubStatement
    "object_id",         # text: activity IRI, agent key or statement id
    "object_name",       # text: one of the definition's names
    "activity_type",     # text (IRI)
    "registration",      # uuid
    "parent_id",         # text (IRI): first contextActivities.parent
    "grouping_id",       # text (IRI): first contextActivities.grouping
    "score_scaled",      # float8
    "score_raw",         # float8
    "score_min",         # float8
    "score_max",         # float8
    "success",           # boolean
    "completion",        # boolean
    "response",          # text
    "duration_seconds",  # float8
    "session_id",        # text
    "progress",          # float8, 0 to 1
    "platform",          # text
)  # fmt: skip


@cache
def script(name: str) -> str:
    """Source of the mapping script `name` (without .py)."""
    return files(__package__).joinpath(f"{name}.py").read_text(encoding="utf-8")
