"""What is no JSON, or JSON that cannot be kept, is refused with a reason, and never with another exception."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from lrs_platform.xapi.errors import StatementInvalid
from lrs_platform.xapi.json_text import MAX_DEPTH
from lrs_platform.xapi.statements import parse
from lrs_platform.xapi.versions import Version
from lrs_platform_tests.xapi.examples import FULL, SMALLEST, edited, text

# No limit of time: a slow machine is no reason to fail.
steady = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

X = "https://example.org/x"


def with_extension(value: bytes) -> bytes:
    """A statement with `value`, raw JSON, as the value of an extension."""
    return text(edited(SMALLEST, "context extensions", {X: "VALUE"})).replace(b'"VALUE"', value)


def refusal(body: bytes) -> StatementInvalid:
    with pytest.raises(StatementInvalid) as refused:
        parse(body, Version.V1_0_3)
    return refused.value


NOT_JSON = {
    "nothing": b"",
    "white space": b" \n",
    "text": b"hello",
    "cut off": text(SMALLEST)[:-1],
    "trailing comma": text(SMALLEST)[:-1] + b",}",
    "two statements in a row": text(SMALLEST) * 2,
    "array left open": b"[" + text(SMALLEST),
    "comma at the end of the array": b"[" + text(SMALLEST) + b",]",
    "single quotes": text(SMALLEST).replace(b'"', b"'"),
    "byte order mark": b"\xef\xbb\xbf" + text(SMALLEST),
    "UTF-16": json.dumps(SMALLEST).encode("utf-16"),
    "latin-1": text(edited(SMALLEST, "actor name", "é")).decode().encode("latin-1"),
    "overlong NUL": with_extension(b'"\xc0\x80"'),
    "surrogate in UTF-8": with_extension(b'"\xed\xa0\x80"'),
    "not UTF-8 in a key": with_extension(b'{"\xff": 1}'),
    "lone surrogate": with_extension(b'"\\ud800"'),
    "surrogates in wrong order": with_extension(b'"\\udc00\\ud800"'),
    "surrogate in a key": with_extension(b'{"\\ud800": 1}'),
    "line break in a string": with_extension(b'"a\nb"'),
    "NUL byte": with_extension(b'"a\x00b"'),
    "NaN": with_extension(b"NaN"),
    "Infinity": with_extension(b"-Infinity"),
    "leading zero": with_extension(b"01"),
    "bare fraction": with_extension(b".5"),
    "hexadecimal": with_extension(b"0x1"),
    "comment": with_extension(b"1 /* one */"),
    "number beyond a double": with_extension(b"1e400"),
    "integer beyond a double": with_extension(b"9" * 400),
    "integer of many digits": with_extension(b"9" * 100_000),
    "score beyond a double": text(edited(SMALLEST, "result score raw", 0)).replace(b'"raw": 0', b'"raw": 1e999'),
    "a string": b'"statement"',
    "a number": b"7",
    "null": b"null",
    "numbers": b"[1, 2]",
    "arrays": b"[[]]",
    "null in an array": b"[null]",
}


@pytest.mark.parametrize("body", NOT_JSON.values(), ids=NOT_JSON)
def test_what_is_no_statement_at_all_is_refused_with_a_reason(body: bytes) -> None:
    assert len(refusal(body).rule) > 20


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "empty"),
        (NOT_JSON["byte order mark"], "byte order mark"),
        (NOT_JSON["latin-1"], "UTF-8"),
        (NOT_JSON["lone surrogate"], "surrogate"),
        (NOT_JSON["surrogate in a key"], "surrogate"),
        (NOT_JSON["number beyond a double"], "binary64"),
        (with_extension(b'"a\\u0000b"'), "NUL"),
        (with_extension(b"[" * 5000 + b"]" * 5000), f"{MAX_DEPTH} levels"),
        (with_extension(b"1, " + json.dumps(X).encode() + b": 2"), "twice"),
    ],
)
def test_the_reason_fits(body: bytes, words: str) -> None:
    assert words in refusal(body).rule


DUPLICATES = {
    "top level": (b'{"actor": 1, ' + text(SMALLEST)[1:], "actor"),
    "white space before the colon": (b'{"verb"  :1,' + text(SMALLEST)[1:], "verb"),
    "line break before the colon": (b'{"verb"\n:1,' + text(SMALLEST)[1:], "verb"),
    "escaped": (b'{"\\u0076erb":1,' + text(SMALLEST)[1:], "verb"),
    "in a language map": (
        text(edited(SMALLEST, "verb display", {"en": "a"})).replace(b'"en": "a"', b'"en": "a", "en": "a"'),
        "verb.display.en",
    ),
    "in an extension": (with_extension(b'{"a": {"b": [0, {"c": 1, "c": 1}]}}'), f'context.extensions["{X}"].a.b[1].c'),
    "of an extension": (with_extension(b"1, " + json.dumps(X).encode() + b": 1"), f'context.extensions["{X}"]'),
    "hidden by an escaped colon": (with_extension(b'{"a": "\\u003a", "a": "\\u003A"}'), f'context.extensions["{X}"].a'),
    "hidden by colons in strings": (with_extension(b'{"a": ":::", "a": "\\":"}'), f'context.extensions["{X}"].a'),
    "in a value that is replaced": (with_extension(b'{"a": {"b": 1, "b": 2}, "a": 1}'), f'context.extensions["{X}"].a'),
}


@pytest.mark.parametrize(("body", "name"), DUPLICATES.values(), ids=DUPLICATES)
def test_a_key_that_stands_twice_is_refused_by_its_path(body: bytes, name: str) -> None:
    # a repeated top-level key with a wrong first value must not be saved by the right second one
    body = body.replace(b'"actor": 1,', b'"actor": {"openid": "urn:x"},').replace(b":1,", b':{"id": "urn:x"},')
    error = refusal(body)
    assert (error.property, "twice" in error.rule) == (name, True)
    in_batch = refusal(b"[" + text(FULL) + b"," + body + b"]")
    assert (in_batch.index, in_batch.property) == (1, name)


def test_colons_and_escapes_alone_are_no_repeated_key() -> None:
    for value in (
        b'"a:b"',
        b'"\\u003a"',
        b'{"\\u003a": "\\":", ":": 1}'.replace(b'":": 1', b'";": 1'),
        b'"\\\\:"',
        b'" : "',
    ):
        assert parse(with_extension(value).replace(b'":', b'" :'), Version.V2_0_0).statements


def test_nul_is_refused_and_named_but_the_text_that_spells_it_is_not() -> None:
    assert refusal(with_extension(b'{"a": ["\\u0000"]}')).property == f'context.extensions["{X}"].a[0]'
    assert refusal(with_extension(b'{"a\\u0000": 1}')).property == f'context.extensions["{X}"]'
    assert refusal(text(edited(SMALLEST, "actor name", "a\x00"))).property == "actor.name"
    assert parse(with_extension(b'"\\\\u0000"'), Version.V1_0_3).statements
    assert refusal(with_extension(b'"\\\\\\u0000"')).rule.startswith("Text must not hold")


def test_depth_is_bounded_and_the_bound_is_generous() -> None:
    assert parse(with_extension(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH), Version.V1_0_3).statements
    assert parse(with_extension(b'"' + b"[" * 10_000 + b'"'), Version.V1_0_3).statements
    for deep in (MAX_DEPTH + 1, 900, 100_000):
        assert "levels" in refusal(with_extension(b"[" * deep + b"]" * deep)).rule
        assert "levels" in refusal(with_extension(b'{"a":' * deep + b"1" + b"}" * deep)).rule
    assert "levels" in refusal(b"[" * 100_000 + b"]" * 100_000).rule


def test_a_long_string_is_no_reason_to_refuse() -> None:
    assert parse(with_extension(b'"' + b"x" * 2_000_000 + b'"'), Version.V1_0_3).statements


@steady
@given(
    st.binary(max_size=60),
    st.sampled_from([SMALLEST, FULL]),
    st.floats(0, 1),
    st.integers(0, 30),
    st.sampled_from(Version),
)
@example(b"\\ud800", SMALLEST, 0.5, 0, Version.V1_0_3)
def test_damage_at_any_place_is_refused_cleanly_or_harmless(
    damage: bytes, statement: dict[str, object], where: float, replaced: int, version: Version
) -> None:
    whole = text([statement])
    at = int(where * len(whole))
    try:
        batch = parse(whole[:at] + damage + whole[at + replaced :], version)
    except StatementInvalid as error:
        assert str(error).encode()
        return
    for incoming in batch.statements:
        json.loads(incoming.raw)


@steady
@given(st.binary(max_size=200), st.sampled_from(Version))
def test_any_bytes_are_refused_cleanly(body: bytes, version: Version) -> None:
    try:
        batch = parse(body, version)
    except StatementInvalid as error:
        assert str(error).encode()
    else:
        assert batch.statements == []
