"""Ids that are made are in order; keys of agents tell persons apart as the standard does; versions are negotiated."""

from __future__ import annotations

import threading
import time
import uuid

import pytest

from lrs_platform.xapi.identifiers import agent_key, is_uuid, ordered_uuid
from lrs_platform.xapi.statements import parse
from lrs_platform.xapi.versions import Version, VersionRefused, negotiate
from lrs_platform_tests.xapi.examples import AGENT, GROUP, SMALLEST, Json, text


def test_ids_are_uuids_of_rfc_4122_with_the_time_in_front() -> None:
    before = time.time_ns() // 1_000_000
    made = uuid.UUID(ordered_uuid())
    assert (made.version, made.variant) == (4, uuid.RFC_4122)
    assert before <= made.int >> 80 <= time.time_ns() // 1_000_000 + 1000
    assert is_uuid(str(made))


def test_ids_are_unique_and_each_thread_sees_them_grow() -> None:
    made: list[list[str]] = [[] for _ in range(4)]

    def make(into: list[str]) -> None:
        into.extend(ordered_uuid() for _ in range(5000))

    threads = [threading.Thread(target=make, args=(into,)) for into in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(ids == sorted(ids) for ids in made)
    assert len({one for ids in made for one in ids}) == 20_000


def test_ids_grow_when_the_clock_steps_back(monkeypatch: pytest.MonkeyPatch) -> None:
    first = ordered_uuid()
    monkeypatch.setattr(time, "time_ns", lambda: 0)
    assert first < ordered_uuid() < ordered_uuid()


SAME_PERSON: list[tuple[Json, Json]] = [
    ({"mbox": "mailto:ann@Example.ORG"}, {"mbox": "mailto:ann@example.org", "name": "Ann"}),
    ({"mbox_sha1sum": "AB" * 20}, {"mbox_sha1sum": "ab" * 20, "objectType": "Agent"}),
    ({"openid": "https://ann.example.org/"}, {"openid": "https://ann.example.org/"}),
    ({"account": {"homePage": "https://x.org", "name": "n"}}, {"account": {"name": "n", "homePage": "https://x.org"}}),
]
OTHER_PERSON: list[tuple[Json, Json]] = [
    ({"mbox": "mailto:Ann@example.org"}, {"mbox": "mailto:ann@example.org"}),
    ({"openid": "https://ann.example.org/"}, {"openid": "https://ann.example.org"}),
    ({"account": {"homePage": "https://x.org", "name": "n"}}, {"account": {"homePage": "https://x.org", "name": "N"}}),
    ({"account": {"homePage": "https://x.org", "name": "n"}}, {"account": {"homePage": "https://y.org", "name": "n"}}),
]


@pytest.mark.parametrize(("one", "other"), SAME_PERSON)
def test_one_person_has_one_key_however_it_is_written(one: Json, other: Json) -> None:
    assert agent_key(one) == agent_key(other)


@pytest.mark.parametrize(("one", "other"), OTHER_PERSON)
def test_two_persons_have_two_keys(one: Json, other: Json) -> None:
    assert agent_key(one) != agent_key(other)


@pytest.mark.parametrize("actor", [one for pair in (*SAME_PERSON, *OTHER_PERSON) for one in pair] + [AGENT, GROUP])
def test_a_parsed_statement_carries_the_key_of_its_actor(actor: Json) -> None:
    [incoming] = parse(text({**SMALLEST, "actor": actor}), Version.V1_0_3).statements
    assert incoming.actor_key == agent_key(actor)


def test_an_anonymous_group_has_no_key() -> None:
    assert agent_key(GROUP) is None


@pytest.mark.parametrize(
    ("header", "version"),
    [(f"1.0.{patch}", Version.V1_0_3) for patch in range(10)]
    + [("1.0", Version.V1_0_3), ("2.0", Version.V2_0_0), ("2.0.0", Version.V2_0_0), (" 2.0.1 ", Version.V2_0_0)],
)
def test_any_patch_of_a_served_version_is_spoken(header: str, version: Version) -> None:
    assert negotiate(header) is version


@pytest.mark.parametrize(
    "header", [None, "", "1", "2", "0.95", "1.1.0", "2.1", "3.0.0", "1.0.", "1.0.x", "v1.0.3", "1.0.3, 2.0.0"]
)
def test_a_missing_or_other_version_is_refused_with_what_to_send(header: str | None) -> None:
    with pytest.raises(VersionRefused, match=r"1\.0\.3.*2\.0\.0"):
        negotiate(header)
