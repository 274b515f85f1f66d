"""Every input of the corpus, and a few hundred made from it, finds no fault in the parsers. The corpus holds examples
of each kind and whatever longer passes have found: a finding is added as a file, mended, and stays.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lrs_platform_tests.fuzz.targets import TARGETS

CORPUS = Path(__file__).with_name("corpus")
FILES = sorted(path for path in CORPUS.rglob("*") if path.is_file())
PIECES = [
    b"", b"\x00", b"\xff", b"\xed\xa0\x80", b'"', b"{", b"[", b"}", b"]", b"\\u0000", b"\\ud800", b"1e999", b"-0",
    b"null", b"\r\n", b"--", b"%00", b"%", b"&", b"=", b";", b"'", b"$$", b"/*", b".", b"9" * 400, b"[" * 600,
]  # fmt: skip


@st.composite
def changed(draw: st.DrawFn, name: str) -> bytes:
    """An input of the corpus with up to four pieces cut out, put in or doubled."""
    data = draw(st.sampled_from([path.read_bytes() for path in FILES if path.parent.name == name]))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        cut = draw(st.integers(0, 12))
        piece = draw(st.sampled_from(PIECES) | st.binary(max_size=6) | st.just(data[at : at + 40]))
        data = data[:at] + piece + data[at + cut :]
    return data


@pytest.mark.parametrize("path", FILES, ids=[str(path.relative_to(CORPUS)) for path in FILES])
def test_an_input_of_the_corpus_finds_no_fault(path: Path) -> None:
    TARGETS[path.parent.name](path.read_bytes())


@pytest.mark.parametrize("name", TARGETS)
def test_an_input_like_those_finds_no_fault(name: str) -> None:
    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None)
    @given(changed(name))
    def holds(data: bytes) -> None:
        TARGETS[name](data)

    holds()


def test_every_target_has_examples_that_it_accepts_and_that_it_refuses() -> None:
    assert {path.parent.name for path in FILES} == TARGETS.keys()
    assert all(len([path for path in FILES if path.parent.name == name]) >= 4 for name in TARGETS)
