"""docs/reference/mcp-tools.md: every tool of the MCP servers, as the servers list them to any client.

warehouse, python and dbhub are asked where they run. The mail server runs only where reminders are on, so one is
started for the question.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import tempfile
from pathlib import Path
from typing import Any

from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client
from mcp_types import Tool

from lrs_platform.local.credentials import load_secrets, url_of
from lrs_platform.local.instance import free_block, open_instance
from lrs_platform_tests.mcp.conftest import server_of

HEAD = """\
# MCP tools

What the MCP servers offer, as `tools/list` answers. Each speaks streamable HTTP at `/mcp` and wants `Authorization:
Bearer` with its own token; addresses are in [architecture.md](../architecture.md#processes). Failures begin with
`transient:` where the same call may work later, and with `data:` where it will not. Why everything goes by these
tools: [why-mcp.md](../why-mcp.md).
"""
SERVERS = {
    "warehouse": "The only holder of the role that writes. The loader, the gateway, assets and commands call it.",
    "python": "Runs mappings and templates in a sandbox: no file, no network, no environment.",
    "dbhub": "`@bytebase/dbhub` behind our address: reads the views of `report` with a role that may do no more.",
    "mail": "The only holder of the SMTP password. Runs where `LRS_REMINDERS` is `on`.",
}


def page() -> str:
    """A section a server, in it one a tool."""
    sections = [
        f"\n## {name}\n\n{what}\n\n" + "\n".join(_section(tool) for tool in _tools(name))
        for name, what in SERVERS.items()
    ]
    return HEAD + "".join(sections)


def _tools(server: str) -> list[Tool]:
    if server == "mail":
        return _tools_of_a_mail_server()
    instance = open_instance(Path(os.environ.get("LRS_HOME", ".lrs")))
    return asyncio.run(_listed(url_of(instance, server, "/mcp"), getattr(load_secrets(instance), f"{server}_token")))


def _tools_of_a_mail_server() -> list[Tool]:
    with tempfile.TemporaryDirectory() as folder:
        instance = open_instance(Path(folder), free_block(23500))
        instance.lay_out()
        values = {
            "LRS_HOME": folder,
            "LRS_SMTP_HOST": "127.0.0.1",
            "LRS_MAIL_FROM": "learning@example.com",
            "LRS_MAIL_ALLOWED_RECIPIENTS": "@example.com",
        }
        server = server_of("mail", instance, values)
        server.start()
        try:
            return asyncio.run(_listed(server.url, server.token))
        finally:
            server.stop()


async def _listed(url: str, token: str) -> list[Tool]:
    async with (
        create_mcp_http_client(headers={"Authorization": f"Bearer {token}"}) as http,
        Client(streamable_http_client(url, http_client=http), read_timeout_seconds=30) as client,
    ):
        return list((await client.list_tools()).tools)


def _section(tool: Tool) -> str:
    lines = [f"### {tool.name}", "", *_paragraphs(tool.description or ""), ""]
    arguments: dict[str, Any] = tool.input_schema.get("properties", {})
    required = tool.input_schema.get("required", ())
    if arguments:
        told = any(schema.get("description") for schema in arguments.values())
        lines += ["| argument | type | default |" + " what |" * told, "|---|---|---|" + "---|" * told]
        for name, schema in arguments.items():
            default = "required" if name in required else f"`{json.dumps(schema.get('default'))}`"
            what = f" {_cell(schema.get('description', ''))} |" * told
            lines.append(f"| `{name}` | {_type(schema)} | {default} |{what}")
        lines.append("")
    return "\n".join(lines)


def _paragraphs(description: str) -> list[str]:
    """Prose as it is, its lines joined; what looks like a name of a field is not Markdown's emphasis."""
    parts = [re.sub(r"\s+", " ", part).strip() for part in description.split("\n\n")]
    pieces = "\n\n".join(part for part in parts if part).split("`")  # every second one is code already
    pieces[::2] = [re.sub(r"([*_])", r"\\\1", piece.replace("<", "&lt;")) for piece in pieces[::2]]
    return "`".join(pieces).split("\n")


def _type(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return " or ".join(f"`{each}`" for each in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(_type(each) for each in schema["anyOf"])
    kind = str(schema.get("type", "any"))
    return f"array of {_type(schema['items'])}" if kind == "array" and schema.get("items") else kind


def _cell(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip().replace("|", "\\|")
