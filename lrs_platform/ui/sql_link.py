"""Links that open the SQL terminal with a query: its text stands behind `#`, so it reaches no server and no log."""

from __future__ import annotations

import base64


def link_to_terminal(sql: str) -> str:
    """The address of the terminal with `sql` in it, shown and not run (static/terminal/page.js reads it)."""
    packed = base64.urlsafe_b64encode(sql.encode()).decode().rstrip("=")
    return f"/ui/db-terminal?view=terminal#sql={packed}"
