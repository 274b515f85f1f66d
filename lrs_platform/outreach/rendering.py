"""Rendering mails in the Python server's sandbox, many in one call.

Belongs here: values of fields, and the call. Not here: templates (templates.py), the script (sandbox/render.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from lrs_platform.mcp_client import McpClient, McpToolError
from lrs_platform.mcp_servers.python.result import return_value
from lrs_platform.outreach.templates import Template, TemplateFault, find


@dataclass(frozen=True, slots=True)
class Mail:
    """A rendered mail; `error` instead of it where it cannot be rendered."""

    subject: str = ""
    text: str = ""
    html: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Wording:
    """Where words come from: directory of own templates, language of those who have none, address of the gateway."""

    own: Path | None
    language: str
    public_url: str


def reminder_input(row: dict[str, Any], wording: Wording) -> tuple[Template, dict[str, str]]:
    """Template and fields of a row of `next_reminders`. Raises TemplateFault."""
    others = int(row["others"])
    fields = {
        "first_name": row["first_name"],
        "name": row["name"],
        "lesson": row["lesson"],
        "lesson_url": row["lesson_url"] if str(row["lesson_url"]).startswith(("https://", "http://")) else "",
        "due_on": row["due_on"],
        "overdue_days": row["overdue_days"],
        "reason": row["reason"],
        "others": "" if others < 1 else "1" if others == 1 else "more",
        "cohort": row["cohort"],
        "unsubscribe_url": unsubscribe_url(row["token"], wording),
    }
    template = find("reminder", row["language"] or wording.language, row["cohort"] or "", wording.own)
    return template, {name: "" if value is None else str(value) for name, value in fields.items()}


def unsubscribe_url(token: str, wording: Wording) -> str:
    """The link that ends mail to one address; served by the gateway."""
    return f"{wording.public_url.rstrip('/')}/unsubscribe/{token}" if token else ""


async def render_reminders(python: McpClient, rows: Sequence[dict[str, Any]], wording: Wording) -> list[Mail]:
    """The mails of rows of `next_reminders`, in their order. Raises McpUnavailable, McpToolError."""
    inputs: list[tuple[Template, dict[str, str]] | str] = []
    for row in rows:
        try:
            inputs.append(reminder_input(row, wording))
        except TemplateFault as fault:
            inputs.append(str(fault))
    made = iter(await render(python, [each for each in inputs if not isinstance(each, str)]))
    return [Mail(error=each) if isinstance(each, str) else next(made) for each in inputs]


async def render(python: McpClient, inputs: Sequence[tuple[Template, dict[str, str]]]) -> list[Mail]:
    """Mails of templates and fields, in one call. Raises McpUnavailable, McpToolError."""
    if not inputs:
        return []
    mails = [{"template": template.plain(), "fields": fields} for template, fields in inputs]
    arguments = {"python_code": _script(), "global_variables": {"mails": mails}}
    rendered = return_value(await python.call("run_python_code", arguments, safe_to_retry=True))
    if not isinstance(rendered, list) or len(rendered) != len(inputs):
        raise McpToolError("the rendering script gave another number of mails than it got")
    return [Mail(**each) for each in rendered]


@cache
def _script() -> str:
    return files(__package__).joinpath("sandbox", "render.py").read_text(encoding="utf-8")
