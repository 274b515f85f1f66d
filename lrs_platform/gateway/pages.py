"""One answer, two forms: what a callback returns is JSON for programs and a page for people.

Belongs here: choosing the form and rendering it. Not here: what the answer says. `?format=json|html` decides, else
the Accept header: a browser asks for text/html first. Pages carry a content security policy that allows our own files
only.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

from fastapi import Query, Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.responses import HTMLResponse, JSONResponse, Response

HERE = Path(__file__).parent
SECURITY_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
    ),
    "cross-origin-opener-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "vary": "accept",
}


class Format(StrEnum):
    """The two forms of an answer."""

    HTML = "html"
    JSON = "json"


WantedFormat = Annotated[
    Format | None, Query(alias="format", description="json or html; without it the Accept header decides.")
]


RETRY_SECONDS = "2"  # about as long as a server needs that was started again


def answer(
    request: Request, template: str, data: dict[str, Any], *, wanted: Format | None = None, status: int = 200
) -> Response:
    """`data` as JSON, or rendered by `template` where a page is wanted."""
    retry = {"retry-after": RETRY_SECONDS} if status == 503 else {}
    if (wanted or preferred(request)) is Format.JSON:
        headers = {"cache-control": "no-store", "vary": "accept", **retry}
        return JSONResponse(data, status_code=status, headers=headers)
    viewer = getattr(request.state, "viewer", None)
    page = _templates.get_template(template).render(data=data, path=request.url.path, viewer=viewer)
    return HTMLResponse(page, status_code=status, headers={**SECURITY_HEADERS, **retry})


def preferred(request: Request) -> Format:
    """HTML where the Accept header names text/html, as every browser's does and hardly any program's."""
    return Format.HTML if "text/html" in request.headers.get("accept", "") else Format.JSON


def _count(value: Any) -> str:
    """A number with thin spaces between thousands; a dash where it is unknown."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return "–"
    if isinstance(value, float) and value != int(value):
        return f"{value:,.1f}".replace(",", "\u2009")
    return f"{int(value):,}".replace(",", "\u2009")


def _age(ms: Any) -> str:
    """A duration in the unit that people would use: 12 ms, 3.4 s, 5 min, 2 h, 3 d."""
    if not isinstance(ms, int | float):
        return "–"
    seconds = ms / 1000
    if seconds < 1:
        return f"{ms:.0f} ms"
    for limit, size, unit in ((60, 1, "s"), (3600, 60, "min"), (172_800, 3600, "h")):
        if seconds < limit:
            amount = seconds / size
            return f"{amount:.1f} {unit}" if amount < 10 and unit == "s" else f"{amount:.0f} {unit}"
    return f"{seconds / 86_400:.0f} d"


def _since(moment: Any) -> str:
    """How long ago an ISO 8601 time was."""
    if not isinstance(moment, str):
        return "–"
    return _age(max(0.0, (datetime.now(UTC) - datetime.fromisoformat(moment)).total_seconds() * 1000))


def _stamp(moment: Any) -> Any:
    """An ISO 8601 time as people read it, in UTC to the second; anything else unchanged."""
    if not isinstance(moment, str):
        return moment
    try:
        return f"{datetime.fromisoformat(moment).astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    except ValueError:
        return moment


def _clock(ms: Any) -> str:
    """Time of day in UTC, to the ms, of a time in ms since 1970."""
    return f"{datetime.fromtimestamp(ms / 1000, UTC):%H:%M:%S.%f}"[:-3] if isinstance(ms, int | float) else "–"


_templates = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=select_autoescape(),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.filters.update(clock=_clock, count=_count, age=_age, since=_since, stamp=_stamp)
