"""From the bytes of a request to checked statements, each with its own bytes.

Belongs here: splitting a body, choosing the decoder by the object's type, the order of checks. Not here: the rules
(grammar.py, json_text.py), limits on size (the gateway's).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import UNSET, Raw, Struct

from lrs_platform.xapi.errors import Flaw, Path, StatementInvalid
from lrs_platform.xapi.explain import explain
from lrs_platform.xapi.grammar import VOIDED, AnyStatement, check_statement
from lrs_platform.xapi.json_text import check_no_nul, find_repeated_key, keys_unique, malformed, one_line
from lrs_platform.xapi.model import (
    Activity,
    Context103,
    Context200,
    ObjectActor,
    Statement,
    StatementRef,
    SubStatement,
)
from lrs_platform.xapi.versions import Version

SIGNATURE = "http://adlnet.gov/expapi/attachments/signature"  # usageType of a JWS (Data 2.6)


class Attached(Struct, frozen=True, gc=False):
    """An attachment as its statement describes it (Data 2.4.11). `sha2` in lower case; `signs` where it is the
    signature of its statement (Data 2.6).
    """

    sha2: str
    content_type: str
    has_url: bool
    signs: bool


class Incoming(Struct, frozen=True, gc=False):
    """A valid statement as it came.

    `id` in lower case, None where it has none; `raw` is its text exactly as sent, tabs and line breaks between tokens
    turned to spaces; `voids` is the lower-case id of the statement that it voids; `actor_key` the key of its actor
    (identifiers.agent_key), None for an anonymous Group. `attachments` are its own and those of its SubStatement.
    """

    id: str | None
    raw: bytes
    verb_id: str
    voids: str | None
    actor_key: str | None
    attachments: tuple[Attached, ...] = ()


class Batch(Struct, frozen=True, gc=False):
    """The statements of a body; `many` tells an array, also of one, from a single statement."""

    statements: list[Incoming]
    many: bool


class _At(Flaw):
    """A flaw found when all statements were read, with the index of the one that has it."""

    def __init__(self, index: int, path: Path, rule: str, value: object) -> None:
        super().__init__(path, rule, value)
        self.index = index


class _ObjectType(Struct):
    objectType: Any = None
    object: Any = None


class _Peek(Struct):
    object: _ObjectType


_CONTEXTS = {Version.V1_0_3: Context103, Version.V2_0_0: Context200}
_OBJECTS: dict[Any, type] = {"Agent": ObjectActor, "Group": ObjectActor, "StatementRef": StatementRef}
_split = msgspec.json.Decoder(list[Raw]).decode
_peek = msgspec.json.Decoder(_Peek).decode


def _decoders(version: Version) -> dict[tuple[type, type | None], Callable[[bytes], AnyStatement]]:
    """A decoder for each type of object, and of the object of a SubStatement."""
    context: Any = _CONTEXTS[version]
    made: dict[tuple[type, type | None], Any] = {}
    for kind in (Activity, ObjectActor, StatementRef):
        made[kind, None] = msgspec.json.Decoder(Statement[kind, context]).decode  # type: ignore[valid-type]
        inner = SubStatement[kind, context]  # type: ignore[valid-type]
        made[SubStatement, kind] = msgspec.json.Decoder(Statement[inner, context]).decode
    return made


_DECODERS = {version: _decoders(version) for version in Version}
_DECODE_ABOUT_ACTIVITY = {version: made[Activity, None] for version, made in _DECODERS.items()}


def parse(body: bytes, version: Version) -> Batch:
    """The statements of `body`, one JSON object or an array of them, valid by `version`.

    StatementInvalid for the first flaw found. Two statements with one id in a batch are refused too (Communication
    2.1.2): which of them should count nobody can say. An empty array is an empty batch.
    """
    body = body.strip(b" \t\r\n")
    many = body.startswith(b"[")
    try:
        pieces = [bytes(piece) for piece in _split(body)] if many else [body]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise StatementInvalid.of(malformed(body, error), version) from None
    escapes = b"\\" in body
    lines = body != (flat := one_line(body))
    decode = _DECODE_ABOUT_ACTIVITY[version]
    decoded: list[AnyStatement] = []
    statements: list[Incoming] = []
    index = 0
    try:
        for piece in pieces:
            try:
                statement = decode(piece)
            except msgspec.ValidationError as error:
                statement = _decode_other(piece, version, error)
            key = check_statement(statement, version)
            if escapes:
                check_no_nul(piece)
            verb = statement.verb.id
            statements.append(
                Incoming(
                    None if statement.id is UNSET else statement.id.lower(),
                    one_line(piece) if lines else piece,
                    verb,
                    statement.object.id.lower() if verb == VOIDED else None,
                    key,
                    _attached(statement),
                )
            )
            decoded.append(statement)
            index += 1
        if not keys_unique(flat, decoded if many else decoded[0]):
            _check_keys(statements)
        _check_ids(statements)
    except _At as flaw:
        raise StatementInvalid.of(flaw, version, flaw.index if many else None) from None
    except Flaw as flaw:
        raise StatementInvalid.of(flaw, version, index if many else None) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise StatementInvalid.of(malformed(pieces[index], error), version, index if many else None) from None
    return Batch(statements, many)


def parse_each(body: bytes, version: Version) -> list[Incoming | StatementInvalid]:
    """The statements of `body` one by one, each valid or with its flaw and index; for senders that want the good
    stored.

    StatementInvalid where the body as a whole is no JSON object or array. Of two with one id the first counts.
    """
    body = body.strip(b" \t\r\n")
    try:
        pieces = [bytes(piece) for piece in _split(body)] if body.startswith(b"[") else [body]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise StatementInvalid.of(malformed(body, error), version) from None
    parsed: list[Incoming | StatementInvalid] = []
    seen: set[str] = set()
    for index, piece in enumerate(pieces):
        try:
            (statement,) = parse(b"[%b]" % piece, version).statements
        except StatementInvalid as error:
            error.index = index
            parsed.append(error)
            continue
        if statement.id in seen:
            flaw = Flaw(("id",), "Two statements of one batch must not have the same id.", statement.id)
            parsed.append(StatementInvalid.of(flaw, version, index))
            continue
        if statement.id is not None:
            seen.add(statement.id)
        parsed.append(statement)
    return parsed


def _decode_other(piece: bytes, version: Version, refused: msgspec.ValidationError) -> AnyStatement:
    """Decode a statement that is not about an Activity, or raise the flaw for which it was `refused` as one."""
    try:
        peeked = _peek(piece).object
    except msgspec.ValidationError:
        raise explain(refused, piece) from None
    inner = peeked.object.get("objectType") if isinstance(peeked.object, dict) else None
    kind: tuple[type, type | None]
    if peeked.objectType == "SubStatement":
        kind = SubStatement, _kind(inner)
    else:
        kind = _kind(peeked.objectType), None
    if kind == (Activity, None):
        raise explain(refused, piece)
    try:
        return _DECODERS[version][kind](piece)
    except msgspec.ValidationError as error:
        raise explain(error, piece) from None


def _attached(statement: AnyStatement) -> tuple[Attached, ...]:
    """The attachments that a statement describes, in itself and in its SubStatement."""
    own, subject = statement.attachments, statement.object
    inner = subject.attachments if type(subject) is SubStatement else UNSET
    if own is UNSET and inner is UNSET:
        return ()
    found = [(one, one.usage_type == SIGNATURE) for one in own or ()] + [(one, False) for one in inner or ()]
    return tuple(Attached(one.sha2.lower(), one.content_type, one.file_url is not UNSET, signs) for one, signs in found)


def _kind(object_type: object) -> type:
    """The struct of an object of that type; Activity also for a type that no object has, and the decoder refuses it."""
    return _OBJECTS.get(object_type, Activity) if isinstance(object_type, str) else Activity


def _check_keys(statements: list[Incoming]) -> None:
    """Flaw at the statement that has a key twice."""
    for index, statement in enumerate(statements):
        path = find_repeated_key(statement.raw)
        if path is not None:
            raise _At(index, path, "A property must not stand twice in one object.", path[-1])


def _check_ids(statements: list[Incoming]) -> None:
    """Flaw at the second of two statements with one id."""
    ids = [statement.id for statement in statements if statement.id is not None]
    if len(set(ids)) < len(ids):
        seen: set[str] = set()
        for index, statement in enumerate(statements):
            if statement.id in seen:
                raise _At(index, ("id",), "Two statements of one batch must not have the same id.", statement.id)
            if statement.id is not None:
                seen.add(statement.id)
