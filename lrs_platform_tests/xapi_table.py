"""The tables of resources in docs/xapi.md, made from the OpenAPI document.

`python -m lrs_platform_tests.xapi_table` renews them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lrs_platform.gateway.app import create_app

PAGE = Path(__file__).resolve().parents[1] / "docs" / "xapi.md"
BEGIN, END = "<!-- resources: begin -->\n", "<!-- resources: end -->\n"
METHODS = ("get", "head", "put", "post", "delete")


def tables() -> str:
    """A section for each resource: its methods with their answers, and its parameters and headers."""
    paths: dict[str, Any] = create_app().openapi()["paths"]
    return "\n".join(_section(path, paths[path]) for path in paths if path.startswith("/xAPI"))


def page_with(found: str) -> str:
    """The page with `found` in its place."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    return f"{before}{BEGIN}{found}{END}{rest.partition(END)[2]}"


def _section(path: str, operations: dict[str, Any]) -> str:
    lines = [f"### `{path}`", "", "| method | what | answers |", "|---|---|---|"]
    parameters: dict[str, tuple[dict[str, Any], list[str]]] = {}
    for method in METHODS:
        if (operation := operations.get(method)) is None:
            continue
        lines.append(f"| {method.upper()} | {operation['summary']} | {', '.join(sorted(operation['responses']))} |")
        for parameter in operation.get("parameters", ()):
            parameters.setdefault(parameter["name"], (parameter, []))[1].append(method.upper())
    if parameters:
        lines += ["", "| parameter or header | of | what |", "|---|---|---|"]
        for name, (parameter, methods) in parameters.items():
            where = "header" if parameter["in"] == "header" else "query"
            lines.append(f"| `{name}` ({where}) | {', '.join(methods)} | {_what(parameter)} |")
    return "\n".join(lines) + "\n"


def _what(parameter: dict[str, Any]) -> str:
    schema = parameter["schema"]
    kind = schema.get("format") or " or ".join(schema.get("enum", ())) or schema.get("type", "")
    parts = [kind, parameter.get("description") or schema.get("description", "")]
    if "default" in schema:
        parts.append(f"default {schema['default']}".lower())
    return "; ".join(part.rstrip(".") for part in parts if part)


if __name__ == "__main__":
    PAGE.write_text(page_with(tables()), encoding="utf-8")
