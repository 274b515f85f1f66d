"""A learner has one key: that of the mapping script in the sandbox is that of the standard's code, for every agent."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrs_platform.mappings import EVENT_COLUMNS
from lrs_platform.mappings.composing import compose
from lrs_platform.mcp_servers.python.sandbox import Limits, Run, Sandbox
from lrs_platform.xapi.identifiers import agent_key
from lrs_platform_tests.samples import statement

Json = dict[str, Any]

# Letters whose lower case is another one, longer, or depends on what stands beside them: where two programs may differ.
LETTERS = st.characters(
    codec="utf-8", exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp"), exclude_characters='@<>,;"()?&'
)
WORDS = st.text(st.one_of(st.sampled_from("aZ.-_+%9ÄßİΣ"), LETTERS), min_size=1, max_size=12)
HEX = st.text(st.sampled_from("0123456789abcdefABCDEF"), min_size=40, max_size=40)
IDENTIFIERS: st.SearchStrategy[Json] = st.one_of(
    st.builds(lambda local, domain: {"mbox": f"mailto:{local}@{domain}"}, WORDS, WORDS),
    st.builds(lambda digits: {"mbox_sha1sum": digits}, HEX),
    st.builds(lambda word: {"openid": f"https://ID.example/{word}"}, WORDS),
    st.builds(
        lambda page, name: {"account": {"homePage": f"https://{page}", "name": name}}, WORDS, st.text(max_size=9)
    ),
)
AGENTS = st.builds(
    lambda identifier, name, kind: {**identifier, **({"name": name} if name else {}), "objectType": kind},
    IDENTIFIERS,
    st.one_of(st.none(), WORDS),
    st.sampled_from(["Agent", "Group"]),
)
ANONYMOUS: Json = {"objectType": "Group", "member": [{"mbox": "mailto:a@example.com"}]}
Mapped = Callable[[list[Json]], list[Json]]


@pytest.fixture(scope="module")
def mapped() -> Iterator[Mapped]:
    """Events of statements by some agents, about them; mapped in the sandbox."""
    limits = Limits(seconds=30.0, memory_bytes=500_000_000, recursion_depth=200, result_bytes=2**24)
    sandbox = Sandbox(1, limits)
    with asyncio.Runner() as runner:
        opened = sandbox.opened()
        runner.run(opened.__aenter__())
        try:
            yield lambda agents: _events(runner.run(sandbox.run(compose(None).text, {"payload": _lines(agents)})))
        finally:
            runner.run(opened.__aexit__(None, None, None))


def _lines(agents: list[Json]) -> str:
    lines = [
        "\t".join(("1-0", f"id{number}", "1.0.3", "{}", json.dumps(statement(actor=agent, object=agent))))
        for number, agent in enumerate(agents)
    ]
    return "\n".join(lines)


def _events(run: Run) -> list[Json]:
    assert run.error is None
    return [dict(zip(EVENT_COLUMNS, json.loads(line), strict=True)) for line in run.value.split("\n")]


@settings(deadline=None, max_examples=40)
@given(st.lists(AGENTS, min_size=1, max_size=20))
def test_the_mapping_gives_every_agent_the_key_of_the_standard(mapped: Mapped, agents: list[Json]) -> None:
    expected = [agent_key(agent) for agent in agents]
    events = mapped(agents)
    assert [event["actor_key"] for event in events] == expected
    assert [event["object_id"] for event in events] == expected


def test_an_anonymous_group_has_no_key_in_either(mapped: Mapped) -> None:
    [event] = mapped([ANONYMOUS])
    assert event["actor_key"] == "" and agent_key(ANONYMOUS) is None


@pytest.mark.parametrize(
    ("spellings", "key"),
    [
        (["mailto:Ann@Example.ORG", "mailto:Ann@example.org"], "mailto:Ann@example.org"),
        (['mailto:"a@b"@X.org'], 'mailto:"a@b"@x.org'),
    ],
)
def test_spellings_of_one_address_are_one_key(mapped: Mapped, spellings: list[str], key: str) -> None:
    assert {event["actor_key"] for event in mapped([{"mbox": spelling} for spelling in spellings])} == {key}
