"""From statements to canonical event rows: scripts as data, run in the python MCP server's sandbox, never here.

`scripts/` what is done for each source; `rules.yaml` which source a statement is of; `composing.py` the one text that
runs: it gets `payload` (statement lines, docs/architecture.md), and its last expression is the text of event lines.
"""

from __future__ import annotations

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
