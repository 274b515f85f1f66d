"""What the gateway answers when it does not do what was asked: one exception, one JSON shape.

Belongs here: the shape of an error answer and the refusals that several modules share. Not here: deciding whether to
refuse. Every refusal is a 4xx or a 503 with Retry-After; any other 5xx is a fault of ours and a test fails on it.
"""

from __future__ import annotations

from typing import Any

import msgspec

from lrs_platform.mcp_client import McpToolError, McpUnavailable
from lrs_platform.xapi.errors import StatementInvalid

JSON = (b"content-type", b"application/json")
LONGEST_REASON = 500  # characters of what an MCP server says


class Refused(Exception):
    """A request that is not carried out. `reason` is the label in /metrics: a few fixed words, never data of the
    request.
    """

    def __init__(
        self, status: int, error: str, *, reason: str, headers: dict[str, str] | None = None, **details: Any
    ) -> None:
        super().__init__(error)
        self.status, self.reason = status, reason
        self.headers = headers or {}
        self.details = {name: value for name, value in details.items() if value is not None}

    def body(self) -> bytes:
        """The JSON answer: `error`, and where they apply `index`, `property`, `rule`, `value`, `section`,
        `statement_id`.
        """
        return msgspec.json.encode({"error": str(self), **self.details})


def invalid_statement(error: StatementInvalid) -> Refused:
    """400 for a statement that breaks the standard: which one (from 0), which property, which rule, where it is
    written.
    """
    return Refused(
        400,
        str(error),
        reason="invalid_statement",
        index=error.index,
        property=error.property,
        rule=error.rule,
        value=error.value,
        section=error.section,
    )


def bad_parameter(name: str, rule: str, value: str | None = None) -> Refused:
    """400 for a query parameter."""
    shown = None if value is None else value[:80]
    return Refused(
        400, f"parameter {name[:80]}: {rule}", reason="bad_parameter", property=name[:80], rule=rule, value=shown
    )


def status_of_failure(error: McpToolError | McpUnavailable) -> tuple[int, str]:
    """Status and reason of an answer that an MCP call has failed: 503 where the same may work later, else 400."""
    return 503 if error.transient else 400, str(error).removeprefix("data: ")[:LONGEST_REASON]


def away(error: str, *, reason: str, retry_after: int = 2) -> Refused:
    """503 with Retry-After (seconds) for a part that cannot be reached now; sending the same request again is safe."""
    return Refused(503, error, reason=reason, headers={"retry-after": str(retry_after)})
