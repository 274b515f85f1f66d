"""Forms of texts that pages send: their description in OpenAPI, and reading one.

Not here: uploads (uploads.py), what a form is for.
"""

from __future__ import annotations

from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request

LONGEST_FORM = 64 * 1024
MOST_FIELDS = 20


def described_form(**properties: str) -> dict[str, Any]:
    """An OpenAPI description of a form of texts, from each field's name to what it is."""
    schema = {
        "type": "object",
        "required": list(properties),
        "properties": {name: {"type": "string", "description": text} for name, text in properties.items()},
    }
    return {"requestBody": {"required": True, "content": {"application/x-www-form-urlencoded": {"schema": schema}}}}


async def read_form(request: Request) -> FormData:
    """What was filled in; nothing where the form is longer than any of ours."""
    if int(request.headers.get("content-length", "0") or 0) > LONGEST_FORM:
        return FormData()
    return await request.form(max_files=0, max_fields=MOST_FIELDS)


def texts(form: FormData) -> dict[str, str]:
    """The fields by name; the last one where a name comes twice."""
    return {name: value for name, value in form.items() if isinstance(value, str)}
