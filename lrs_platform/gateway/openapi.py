"""The OpenAPI document: FastAPI's routes, and by hand the xAPI resources, which are plain ASGI endpoints
(statements.py).

Belongs here: describing requests and answers of /xAPI. A test sends requests made from this document at a running
gateway.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi.openapi.utils import get_openapi

from lrs_platform.gateway.queries import DEFAULT_LIMIT

if TYPE_CHECKING:
    from fastapi import FastAPI

Json = dict[str, Any]

VERSION_HEADER: Json = {
    "name": "X-Experience-API-Version",
    "in": "header",
    "required": True,
    "description": "1.0.x or 2.0.x; decides the grammar.",
    "schema": {"type": "string", "enum": ["1.0.3", "2.0.0"]},
}
ERROR: Json = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {"type": "string", "description": "What is wrong, in a sentence."},
        "index": {"type": "integer", "description": "Which statement of an array, from 0."},
        "property": {"type": "string", "description": "Which property or parameter, e.g. `actor.account.homePage`."},
        "rule": {"type": "string", "description": "The rule it breaks."},
        "value": {"type": "string", "description": "What was sent, shortened to 80 characters."},
        "section": {"type": "string", "description": "Where the standard says so."},
        "statement_id": {"type": "string", "format": "uuid"},
    },
}
STATEMENT: Json = {
    "type": "object",
    "description": "An xAPI statement (Data 2; 2.0: 4.2). The whole grammar is checked.",
    "required": ["actor", "verb", "object"],
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "actor": {"type": "object"},
        "verb": {"type": "object", "required": ["id"], "properties": {"id": {"type": "string", "format": "uri"}}},
        "object": {"type": "object"},
        "result": {"type": "object"},
        "context": {"type": "object"},
        "timestamp": {"type": "string", "format": "date-time"},
        "attachments": {"type": "array", "items": {"type": "object"}},
    },
}
RESULT: Json = {
    "type": "object",
    "required": ["statements", "more"],
    "properties": {
        "statements": {"type": "array", "items": {"$ref": "#/components/schemas/Statement"}},
        "more": {"type": "string", "description": "Relative URL of the next page; empty on the last one."},
    },
}


def document(app: FastAPI) -> Json:
    """The document, made once a process."""
    if app.openapi_schema is None:
        made = get_openapi(
            title="lrs_platform",
            version=app.version,
            description="xAPI 1.0.3 and 2.0.0, pages and health. A 2xx to PUT or POST means: on disk in the log.",
            routes=app.routes,
        )
        for operations in made["paths"].values():
            for operation in operations.values():
                operation.get("responses", {}).pop("422", None)  # this server answers 400 (app.py)
                operation.setdefault("responses", {}).setdefault("400", _error("A parameter is wrong."))
        made["paths"].update(_xapi_paths())
        components = made.setdefault("components", {})
        components.setdefault("schemas", {}).update(Error=ERROR, Statement=STATEMENT, StatementResult=RESULT)
        components["securitySchemes"] = {
            "basic": {"type": "http", "scheme": "basic", "description": "An xAPI credential."},
            "bearer": {"type": "http", "scheme": "bearer", "description": "The admin token."},
        }
        for path, operations in made["paths"].items():
            if path.startswith(("/ui", "/api")):
                for operation in operations.values():
                    operation["security"] = [{"bearer": []}]
        app.openapi_schema = made
    return app.openapi_schema


def _xapi_paths() -> Json:
    statements = {"put": _put(), "post": _post(), "get": _get(), "head": _get(head=True)}
    about_ok = {"description": "Versions spoken.", "content": {"application/json": {"schema": {"type": "object"}}}}
    about = {"get": {"tags": ["xAPI"], "summary": "Versions spoken here", "responses": {"200": about_ok}}}
    return {"/xAPI/statements": statements, "/xAPI/about": about}


def _put() -> Json:
    parameters = [VERSION_HEADER, _parameter("statementId", {"type": "string", "format": "uuid"}, required=True)]
    responses = {"204": {"description": "Stored; or the same statement was stored before."}, "409": _conflict()}
    return _operation(
        "Store one statement under this id", parameters, {**responses, **_refusals()}, body=_ref("Statement")
    )


def _post() -> Json:
    ids = {"type": "array", "items": {"type": "string", "format": "uuid"}}
    body = {"oneOf": [_ref("Statement"), {"type": "array", "items": _ref("Statement")}]}
    stored = {"description": "Stored, all of them: their ids in the order sent.", "content": _json(ids)}
    return _operation(
        "Store one or many statements", [VERSION_HEADER], {"200": stored, "409": _conflict(), **_refusals()}, body=body
    )


def _get(*, head: bool = False) -> Json:
    stamp = {"type": "string", "format": "date-time"}
    parameters = [
        VERSION_HEADER,
        _parameter("statementId", {"type": "string", "format": "uuid"}),
        _parameter("since", stamp),
        _parameter("until", stamp),
        _parameter("limit", {"type": "integer", "minimum": 0, "default": DEFAULT_LIMIT}),
        _parameter("ascending", {"type": "boolean", "default": False}),
        _parameter("more", {"type": "string"}),
    ]
    found = {"oneOf": [_ref("StatementResult"), _ref("Statement")]}
    ok: Json = {"description": "A page, or the one statement.", **({} if head else {"content": _json(found)})}
    missing = {"description": "No statement has this id."} if head else _error("No statement has this id.")
    refusals = {status: {"description": told["description"]} if head else told for status, told in _refusals().items()}
    return _operation("Statements by id or in pages", parameters, {"200": ok, "404": missing, **refusals})


def _operation(summary: str, parameters: list[Json], responses: Json, *, body: Json | None = None) -> Json:
    operation: Json = {
        "tags": ["xAPI"],
        "summary": summary,
        "parameters": parameters,
        "responses": responses,
        "security": [{"basic": []}],
    }
    if body is not None:
        operation["requestBody"] = {"required": True, "content": _json(body)}
    return operation


def _refusals() -> Json:
    return {
        "400": _error("Not as the standard says: which statement, property and rule."),
        "401": _error("No valid credential."),
        "403": _error("The credential lacks the scope."),
        "408": _error("The body stopped arriving."),
        "413": _error("The body is too large."),
        "415": _error("The body is no plain JSON."),
        "503": _error("The log or the warehouse cannot be reached now; Retry-After says when to try again."),
    }


def _conflict() -> Json:
    return _error("Another statement is stored under this id.")


def _error(description: str) -> Json:
    return {"description": description, "content": _json(_ref("Error"))}


def _json(schema: Json) -> Json:
    return {"application/json": {"schema": schema}}


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _parameter(name: str, schema: Json, *, required: bool = False) -> Json:
    return {"name": name, "in": "query", "required": required, "schema": schema}
