"""Everything about one learner as one file: `lrs export`.

Belongs here: the shape of the ZIP: `index.html` to be read by the person, `statements.json` as an LRS would return
them, `attachments/` what they attached, `tables/NAME.json` with the rows of every table that are about them. Not here:
which rows those are (the warehouse server).
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lrs_platform.mcp_client import McpClient
from lrs_platform.rights.files import read_attachments
from lrs_platform.settings import Settings
from lrs_platform.xapi.compose import compose
from lrs_platform.xapi.versions import Version

SHA2 = re.compile(r'"sha2"\s*:\s*"([0-9A-Fa-f]{56,128})"')
SHOWN = 500  # statements on the page; all of them are in statements.json


async def export(settings: Settings, warehouse: McpClient, learner: str, out: Path) -> dict[str, int]:
    """Write the file; rows by table. Raises McpToolError where nobody, or several, are meant, OSError."""
    found = await warehouse.call_json("copy_of_data", {"learner": learner}, safe_to_retry=True)
    tables, statements = found["tables"], found["statements"]
    while found["more"]:
        arguments = {"learner": learner, "after": found["more"]}
        found = await warehouse.call_json("copy_of_data", arguments, safe_to_retry=True)
        statements += found["statements"]
    attached = sorted({sha2.lower() for row in statements for sha2 in SHA2.findall(row["raw"])})
    attachments = await asyncio.to_thread(read_attachments, settings, attached)
    counts = {"statements": len(statements), "attachments": len(attachments)} | {
        name: len(rows) for name, rows in tables.items()
    }
    descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("index.html", page(statements, tables, counts))
        archive.writestr("statements.json", "[\n" + ",\n".join(map(_composed, statements)) + "\n]\n")
        for sha2, content in attachments.items():
            archive.writestr(f"attachments/{sha2}", content)
        for name, rows in tables.items():
            archive.writestr(f"tables/{name}.json", json.dumps(rows, ensure_ascii=False, indent=1) + "\n")
    return counts


def page(statements: list[dict[str, Any]], tables: dict[str, list[Any]], counts: dict[str, int]) -> str:
    """The readable part."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    learner = (tables.get("core.learner") or [{}])[0]
    shown = [_readable(json.loads(each["raw"]), each["stored"]) for each in statements[-SHOWN:]]
    return environment.get_template("copy_of_data.html").render(
        learner=learner,
        counts=counts,
        tables=tables,
        statements=shown[::-1],
        made_at=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
    )


def _composed(row: dict[str, Any]) -> str:
    text = compose(
        row["raw"].encode(),
        statement_id=str(row["statement_id"]),
        stored=datetime.fromisoformat(row["stored"]),
        authority=row["authority"].encode(),
        version=row["version"],
        for_version=Version.V1_0_3,
    )
    return text.decode()


def _readable(statement: dict[str, Any], stored: str) -> dict[str, str]:
    target = statement.get("object") or {}
    names = (target.get("definition") or {}).get("name") or {}
    result = statement.get("result") or {}
    told = [str(result["response"])] if result.get("response") else []
    told += [f"{name} {result[name]}" for name in ("success", "completion", "duration") if name in result]
    return {
        "at": str(statement.get("timestamp") or stored)[:19].replace("T", " "),
        "verb": str((statement.get("verb") or {}).get("id", "")).rstrip("/").rpartition("/")[2],
        "object": next(iter(names.values()), "") or str(target.get("id", "")),
        "result": ", ".join(told),
    }
