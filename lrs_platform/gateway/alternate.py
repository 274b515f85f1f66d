"""The alternate request syntax of 1.0.x: a POST of a form that stands for another request (Communication 1.3).

Belongs here: unfolding the form. It came from browsers that could send nothing but forms to other sites; 2.0 has
dropped it. Not here: what the request means.
"""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

from starlette.types import Message, Receive

from lrs_platform.gateway.body import read_body
from lrs_platform.gateway.queries import parameters
from lrs_platform.gateway.refusals import Refused, bad_parameter

FORM = b"application/x-www-form-urlencoded"
METHODS = frozenset({"GET", "HEAD", "PUT", "POST", "DELETE"})
HEADERS = frozenset(
    {"authorization", "x-experience-api-version", "content-type", "content-length", "if-match", "if-none-match"}
)
MOST_FIELDS = 100
SECTION = "Communication 1.3"

Unfolded = tuple[str, bytes, dict[bytes, bytes], Receive]


async def unfold(query: bytes, headers: dict[bytes, bytes], receive: Receive, limit: int) -> Unfolded:
    """Method, query, headers and body of the request that a form stands for. Raises Refused (400, 413),
    Disconnected.
    """
    asked = parameters(query)
    method = asked.pop("method", "")
    if method not in METHODS:
        raise bad_parameter("method", f"must be one of {', '.join(sorted(METHODS))}", method)
    for name, value in asked.items():
        raise bad_parameter(name, "must be in the form: beside `method` the query is empty", value)
    if headers.get(b"content-type", b"").partition(b";")[0].strip().lower() != FORM:
        raise _refused(f"Content-Type must be {FORM.decode()} where the query has `method`")
    try:
        body = (await read_body(headers, receive, limit)).decode("ascii")
        fields = parse_qsl(body, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise _refused("the body is no form of percent-encoded UTF-8") from error
    unfolded = {name: value for name, value in headers.items() if name not in (b"content-type", b"content-length")}
    content: str | None = None
    rest: list[tuple[str, str]] = []
    for name, value in fields:
        if name.lower() in HEADERS:
            unfolded[name.lower().encode()] = value.encode("utf-8")
        elif name == "content":
            content = value
        else:
            rest.append((name, value))
    if unfolded.get(b"x-experience-api-version", b"1.0").strip().startswith(b"2"):
        raise bad_parameter("method", "is not known here: 2.0 has no alternate request syntax", method)
    if method in ("PUT", "POST") and content is None:
        raise _refused("the form must have a field `content` with the body of the request")
    sent = (content or "").encode()
    unfolded.setdefault(b"content-type", b"application/json")
    unfolded[b"content-length"] = str(len(sent)).encode()
    return method, urlencode(rest).encode(), unfolded, _one_message(sent)


def _one_message(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def _refused(error: str) -> Refused:
    return Refused(400, error, reason="alternate_syntax", section=SECTION)
