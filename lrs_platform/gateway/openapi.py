"""The OpenAPI document: FastAPI's routes, and by hand the xAPI resources, which are plain ASGI endpoints
(statements.py).

Belongs here: describing requests and answers of /xAPI. A test sends requests made from this document at a running
gateway.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi.openapi.utils import get_openapi

from lrs_platform.gateway.documents import SHAPES, STATE, Shape
from lrs_platform.gateway.queries import DEFAULT_LIMIT, FORMATS

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
TEXT: Json = {"type": "string"}
UUID: Json = {"type": "string", "format": "uuid"}
IRI: Json = {"type": "string", "format": "uri"}
STAMP: Json = {"type": "string", "format": "date-time"}
FLAG: Json = {"type": "boolean", "default": False}
AGENT: Json = {"type": "string", "description": "An Agent or identified Group as JSON."}
ANY: Json = {}
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
            "bearer": {
                "type": "http",
                "scheme": "bearer",
                "description": "The admin token; for /xAPI a token of LRS_OIDC_ISSUER.",
            },
        }
        for path, operations in made["paths"].items():
            if path.startswith(("/ui", "/api")):
                for operation in operations.values():
                    operation["security"] = [{"bearer": []}]
        app.openapi_schema = made
    return app.openapi_schema


def _xapi_paths() -> Json:
    statements = {"put": _put(), "post": _post(), "get": _get(), "head": _get(head=True)}
    activities = _entity("What statements say of an Activity", _parameter("activityId", IRI, required=True))
    agents = _entity("What is known of an Agent: a Person", _parameter("agent", AGENT, required=True))
    about_ok = {"description": "Versions spoken.", "content": {"application/json": {"schema": {"type": "object"}}}}
    about = {"get": {"tags": ["xAPI"], "summary": "Versions spoken here", "responses": {"200": about_ok}}}
    documents = {shape.route: _documents(shape) for shape in SHAPES}
    entities = {"/xAPI/activities": activities, "/xAPI/agents": agents}
    return {"/xAPI/statements": statements, **documents, **entities, "/xAPI/about": about}


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
    partly = _parameter(
        "partialSuccess", FLAG, "Store the good statements, tell the others by index. Not in the standard."
    )
    responses = {"200": stored, "409": _conflict(), **_refusals()}
    return _operation("Store one or many statements", [VERSION_HEADER, partly], responses, body=body)


def _entity(summary: str, parameter: Json) -> Json:
    found = {"200": {"description": "Also where nothing is known of it.", "content": _json({"type": "object"})}}
    get = _operation(summary, [VERSION_HEADER, parameter], {**found, **_refusals()})
    return {"get": get, "head": _bodiless(get)}


def _documents(shape: Shape) -> Json:
    """Operations of a document resource."""
    context: list[Json] = []
    if shape.has_activity:
        context.append(_parameter("activityId", IRI, required=True))
    if shape.has_agent:
        context.append(_parameter("agent", AGENT, required=True))
    if shape.has_registration:
        context.append(_parameter("registration", UUID))
    one = _parameter(shape.id_parameter, TEXT, "The document.")
    named = [VERSION_HEADER, *context, {**one, "required": True}]
    if_match, if_none_match = _header("If-Match", "ETags, or *."), _header("If-None-Match", "*: only a new one.")
    stale = {"412": _error("If-Match or If-None-Match does not hold.")}
    written = {"204": {"description": "Stored; ETag says as what."}, **stale, **_refusals()}
    since = _parameter("since", STAMP, "For a list: written later.")
    got = {
        "200": {"description": "The document; without its id a JSON array of ids.", "content": {"*/*": {}}},
        "304": {"description": "The reader has it: If-None-Match."},
        "404": _error("There is no such document."),
        **_refusals(),
    }
    get = _operation("A document, or ids", [VERSION_HEADER, *context, one, since, if_none_match], got)
    put = _operation("Store a document", [*named, if_match, if_none_match], {**written, "409": _conflict()}, body=ANY)
    post = _operation("Merge a JSON object into a document", [*named, if_match, if_none_match], written, body=ANY)
    deleted = {"204": {"description": "Gone."}, **stale, **_refusals()}
    which = [VERSION_HEADER, *context, one] if shape is STATE else named
    delete = _operation("Remove a document, or all states of a context", [*which, if_match], deleted)
    for operation in (put, post):
        operation["requestBody"] = {"required": True, "content": {"*/*": {"schema": {}}}}
    return {"put": put, "post": post, "get": get, "head": _bodiless(get), "delete": delete}


def _bodiless(operation: Json) -> Json:
    """The HEAD of a GET."""
    told = {status: {"description": answer["description"]} for status, answer in operation["responses"].items()}
    return {**operation, "responses": told}


def _get(*, head: bool = False) -> Json:
    language = {"name": "Accept-Language", "in": "header", "description": "For format=canonical.", "schema": TEXT}
    parameters = [
        VERSION_HEADER,
        language,
        _parameter("statementId", UUID, "One statement, unless it is voided."),
        _parameter("voidedStatementId", UUID, "One statement that is voided."),
        _parameter("agent", AGENT, "Actor or object, or a member of a Group that is."),
        _parameter("verb", IRI, "IRI of the verb."),
        _parameter("activity", IRI, "The object."),
        _parameter("registration", UUID, "context.registration."),
        _parameter("related_activities", FLAG, "`activity` also in contextActivities and SubStatements."),
        _parameter(
            "related_agents",
            FLAG,
            "`agent` also as authority, instructor, in team, contextAgents, contextGroups and SubStatements.",
        ),
        _parameter("since", STAMP, "Stored later."),
        _parameter("until", STAMP, "Stored not later."),
        _parameter(
            "limit",
            {"type": "integer", "minimum": 0, "default": DEFAULT_LIMIT},
            "Statements of a page; 0: as many as the server allows, 1,000.",
        ),
        _parameter("format", {"type": "string", "enum": list(FORMATS), "default": FORMATS[0]}),
        _parameter("attachments", FLAG, "multipart/mixed with the bytes of attachments."),
        _parameter("ascending", FLAG, "Oldest first."),
        _parameter("more", TEXT, "Cursor of a `more` link; stands alone."),
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
        "400": _error("Not as the standard says: which statement or parameter, property and rule."),
        "401": _error("No valid credential."),
        "403": _error("The credential lacks the scope."),
        "408": _error("The body stopped arriving."),
        "413": _error("The body is too large."),
        "415": _error("The body is in a charset or encoding that is not read."),
        "429": _error("Too many requests by this credential; Retry-After says when to try again."),
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


def _parameter(name: str, schema: Json, description: str = "", *, required: bool = False) -> Json:
    described = {"description": description} if description else {}
    return {"name": name, "in": "query", "required": required, "schema": schema, **described}


def _header(name: str, description: str) -> Json:
    return {"name": name, "in": "header", "description": description, "schema": TEXT}
