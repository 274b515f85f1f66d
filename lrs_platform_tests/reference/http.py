"""docs/reference/http.md: every route outside /xAPI, made from the OpenAPI document; /xAPI has a page of its own."""

from __future__ import annotations

import re
from itertools import groupby
from typing import Any

from lrs_platform.gateway.app import create_app

HEAD = """\
# HTTP

What the gateway answers outside `/xAPI`, which has [a page of its own](xapi.md). The same as a document for
programs is at `/openapi.json`. Who may open what is in [login.md](../login.md). A page that also speaks JSON does so
for `Accept: application/json` or `?format=json`.
"""
TITLES = {
    "health": "Health and metrics",
    "pages": "Pages",
    "reports": "Reports",
    "sql": "SQL terminal",
    "questions": "Questions in plain words",
    "mail": "Mail",
    "debug": "For operators",
}


def page() -> str:
    """A section a subject, in it a table of routes and one of their parameters."""
    routes = [
        (operation.get("tags", ["pages"])[0], method.upper(), path, operation)
        for path, operations in create_app().openapi()["paths"].items()
        if not path.startswith("/xAPI")
        for method, operation in operations.items()
        if isinstance(operation, dict)
    ]
    order = list(TITLES)
    routes.sort(key=lambda route: (order.index(route[0]), route[2], route[1]))
    return HEAD + "".join(_section(tag, list(some)) for tag, some in groupby(routes, key=lambda route: route[0]))


def _section(tag: str, routes: list[tuple[str, str, str, dict[str, Any]]]) -> str:
    lines = ["", f"## {TITLES[tag]}", "", "| request | what | answers |", "|---|---|---|"]
    parameters = []
    for _, method, path, operation in routes:
        what = " ".join(part.rstrip(".") + "." for part in (operation["summary"], operation.get("description")) if part)
        body = _body(operation)
        lines.append(f"| `{method} {path}` | {_line(what)}{body} | {', '.join(sorted(operation['responses']))} |")
        parameters += [
            f"| `{each['name']}` | {each['in']} | `{method} {path}` | {_line(each.get('description', ''))} |"
            for each in operation.get("parameters", ())
            if each.get("description") and each["name"] != "format"
        ]
    if parameters:
        lines += ["", "| parameter | in | of | what |", "|---|---|---|---|", *parameters]
    return "\n".join(lines) + "\n"


def _body(operation: dict[str, Any]) -> str:
    content = operation.get("requestBody", {}).get("content", {})
    return f" Body: {', '.join(f'`{kind}`' for kind in sorted(content))}." if content else ""


def _line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip().replace("|", "\\|")
