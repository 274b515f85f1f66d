"""docs/reference/xapi.md: the resources of /xAPI with their parameters, made from the OpenAPI document."""

from __future__ import annotations

from typing import Any

from lrs_platform.gateway.app import create_app

HEAD = """\
# xAPI resources

Every resource of the standard below `/xAPI`, with its methods, the statuses that they answer with, and its parameters.
What the statuses mean, who may do what, and where the platform goes beyond the standard is told in
[xapi.md](../xapi.md).

"""
METHODS = ("get", "head", "put", "post", "delete")


def page() -> str:
    """A section for each resource: its methods with their answers, and its parameters and headers."""
    paths: dict[str, Any] = create_app().openapi()["paths"]
    return HEAD + "\n".join(_section(path, paths[path]) for path in paths if path.startswith("/xAPI"))


def _section(path: str, operations: dict[str, Any]) -> str:
    lines = [f"## `{path}`", "", "| method | what | answers |", "|---|---|---|"]
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
