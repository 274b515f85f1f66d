"""The reply of run_python_code, as mcp-run-python 0.0.22 defines it: writing it, and reading it in both of its forms.

Belongs here: the text of a reply. Not here: running code (sandbox.py), calling the server (mcp_client.py).
"""

from __future__ import annotations

import re
from typing import Any, Literal

import msgspec
import pydantic_core

from lrs_platform.mcp_client import McpToolError

# mcp-run-python answers in this form unless it is started with `--return-mode json`.
XML_REPLY = re.compile(r"<status>([a-z-]+)</status>", re.ASCII)


class RunReply(msgspec.Struct, omit_defaults=True):
    """`output` holds what was printed, a line an item; `error` the traceback where status is not success."""

    status: Literal["success", "run-error", "install-error"]
    output: list[str]
    return_value: Any = msgspec.UNSET
    error: str | msgspec.UnsetType = msgspec.UNSET


def success_text(value: object, output: list[str]) -> str:
    """Reply of a run that ended well. JSON, not the XML form: that changes values which contain its closing tag."""
    if isinstance(value, str):
        return msgspec.json.encode(RunReply("success", output, return_value=value)).decode()
    encoded = pydantic_core.to_json(value, serialize_unknown=True, inf_nan_mode="null")  # NaN is not JSON
    return msgspec.json.encode(RunReply("success", output, return_value=msgspec.Raw(encoded))).decode()


def error_text(error: str, output: list[str]) -> str:
    """Reply of a run that failed; `error` is a traceback or says which limit was met."""
    return msgspec.json.encode(RunReply("run-error", output, error=error)).decode()


def return_value(reply: str) -> Any:
    """The value of a script's last expression, from a reply in JSON or XML form (XML: what is not text is JSON text).

    Raises McpToolError (`data:`) with the traceback where the script failed: run again, it would fail again.
    """
    if reply.startswith("<"):
        status, value, error = _read_xml(reply)
    else:
        try:
            told = msgspec.json.decode(reply, type=RunReply)
        except msgspec.MsgspecError as problem:
            raise McpToolError(f"run_python_code answered with what is no reply of its kind: {problem}") from problem
        status, value = told.status, told.return_value
        error = "" if told.error is msgspec.UNSET else str(told.error)
    if status != "success":
        raise McpToolError(f"data: {status}: {error.strip()}")
    return None if value is msgspec.UNSET else value


def _read_xml(reply: str) -> tuple[str, Any, str]:
    match = XML_REPLY.match(reply)
    if match is None:
        raise McpToolError("run_python_code answered with what is no reply of its kind")
    return match[1], _between(reply, "return_value"), _between(reply, "error") or ""


def _between(reply: str, tag: str) -> str | None:
    """Text between the lines <tag> and </tag>, None where there is none; it is the last element of a reply."""
    start = reply.find(f"\n<{tag}>\n")
    if start < 0:
        return None
    return reply[start + len(tag) + 4 :].removesuffix(f"\n</{tag}>")
