"""What is pulled from other LRSs is in the log once, whatever they do and whenever it is interrupted."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lrs_platform.pulling.pull import Pull
from lrs_platform.pulling.sources import Source, SourcesInvalid, sources_of
from lrs_platform.stream.rereading import StreamIndex
from lrs_platform_tests.catch_up.scripted_lrs import ScriptedLrs, scripted_lrs
from lrs_platform_tests.conftest import Platform
from lrs_platform_tests.samples import statement
from lrs_platform_tests.test_etl_streaming import Bench, on

LONG_AGO = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


def stored(seconds: float, *, since: datetime = LONG_AGO, **changes: Any) -> dict[str, Any]:
    """A statement as another LRS returns it, stored so long after a moment."""
    return statement(stored=(since + timedelta(seconds=seconds)).isoformat(), **changes)


@pytest.fixture(autouse=True)
def credential(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LRS_SOURCE_TEST_USER", "reader")
    monkeypatch.setenv("LRS_SOURCE_TEST_PASSWORD", "open sesame")


def source_of(lrs: ScriptedLrs | None = None, **changes: Any) -> Source:
    return Source.model_validate(
        {
            "name": f"test-{uuid.uuid4().hex[:12]}",
            "endpoint": lrs.endpoint if lrs else "",
            "username_env": "LRS_SOURCE_TEST_USER",
            "password_env": "LRS_SOURCE_TEST_PASSWORD",
            "overlap_seconds": 0,
            **changes,
        }
    )


async def pulled(bench: Bench, source: Source, seconds: float = 30) -> dict[str, Any]:
    """One pull of one source into the bench's log."""
    told = await Pull(lambda: [source], bench.log, bench.warehouse).run(seconds=seconds)
    return told[source.name]


async def in_log(platform: Platform, bench: Bench) -> list[str]:
    """Ids of the statements in the bench's log, in its order."""
    index = StreamIndex(platform.redis_url, bench.log.stream)
    try:
        return [statement_id for _, statement_id in await index.ids(after="", upto="+")]
    finally:
        await index.close()


async def cursor_of(bench: Bench, source: Source) -> dict[str, Any]:
    rows = await bench.warehouse.call_json("source_cursors", {})
    return next(row for row in rows if row["source"] == source.name)


def test_everything_a_source_has_is_in_the_log_once_however_often_it_is_pulled(platform: Platform) -> None:
    """From this platform itself, over HTTP, in pages, into another log."""
    verb = f"https://example.com/verbs/{uuid.uuid4()}"
    sent = [statement(verb={"id": verb}) for _ in range(23)]
    platform.client.post("/xAPI/statements", json=sent).raise_for_status()

    async def promise(bench: Bench) -> None:
        source = source_of(endpoint=platform.endpoint, page_size=5, filters={"verb": verb})
        first = await pulled(bench, source)
        assert (first["pulled"], first["complete"], first["error"]) == (23, True, None)
        assert await in_log(platform, bench) == [s["id"] for s in sent]
        again = await pulled(bench, source)
        assert (again["pulled"], again["refused"]) == (0, 0)
        more = statement(verb={"id": verb})
        platform.client.post("/xAPI/statements", json=more).raise_for_status()
        assert (await pulled(bench, source))["pulled"] == 1
        assert (await in_log(platform, bench))[-1] == more["id"]
        assert (await cursor_of(bench, source))["pulled"] == 24

    username, password = platform.auth
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LRS_SOURCE_TEST_USER", username)
        patch.setenv("LRS_SOURCE_TEST_PASSWORD", password)
        on(platform, promise)


def test_what_is_pulled_becomes_rows_with_the_source_as_authority(platform: Platform) -> None:
    async def promise(bench: Bench) -> None:
        authority = {"objectType": "Agent", "mbox": "mailto:old-lrs@example.com"}
        one = stored(1, authority=authority, version="1.0.0")
        with scripted_lrs(one) as lrs:
            source = source_of(lrs)
            await pulled(bench, source)
            bench.sent.append(one["id"])
            assert (await bench.drain()).inserted == 1
            [vouching] = bench.rows("lrs.statement", "authority")
            assert json.loads(vouching)["account"] == {"homePage": lrs.endpoint, "name": source.name}
            [raw] = bench.rows("lrs.statement", "raw")
            assert json.loads(raw)["authority"] == authority  # what the source said of it is kept
            assert bench.rows("core.event") == [one["id"]]

    on(platform, promise)


def test_an_interrupted_pull_goes_on_where_it_was(platform: Platform) -> None:
    async def promise(bench: Bench) -> None:
        with scripted_lrs(*(stored(n) for n in range(40))) as lrs:
            source = source_of(lrs, page_size=10, pages=2)
            first = await pulled(bench, source)
            assert (first["pulled"], first["complete"]) == (20, False)
            second = await pulled(bench, source)
            assert second["pulled"] + first["pulled"] >= 39  # the pages overlap by one statement
            await pulled(bench, source)
            assert await in_log(platform, bench) == [s["id"] for s in lrs.statements]

    on(platform, promise)


def test_statements_of_one_moment_are_not_cut_apart(platform: Platform) -> None:
    async def promise(bench: Bench) -> None:
        with scripted_lrs(*(stored(5) for _ in range(12))) as lrs:
            source = source_of(lrs, page_size=5, pages=2)
            await pulled(bench, source)
            await pulled(bench, source.model_copy(update={"pages": 3}))
            assert sorted(await in_log(platform, bench)) == sorted(s["id"] for s in lrs.statements)

    on(platform, promise)


def test_a_statement_that_becomes_visible_late_is_found_within_the_overlap(platform: Platform) -> None:
    async def promise(bench: Bench) -> None:
        now = datetime.now(UTC)
        early, late, last = (stored(-n, since=now) for n in (30, 20, 10))
        with scripted_lrs(early, last) as lrs:
            source = source_of(lrs, overlap_seconds=60)
            assert (await pulled(bench, source))["pulled"] == 2
            lrs.statements.insert(1, late)
            assert (await pulled(bench, source))["pulled"] == 1
            assert sorted(await in_log(platform, bench)) == sorted(s["id"] for s in (early, late, last))

    on(platform, promise)


def test_the_cursor_never_passes_what_the_source_says_is_consistent(platform: Platform) -> None:
    async def promise(bench: Bench) -> None:
        with scripted_lrs(stored(0), stored(100)) as lrs:
            lrs.headers["X-Experience-API-Consistent-Through"] = (LONG_AGO + timedelta(seconds=50)).isoformat()
            source = source_of(lrs)
            await pulled(bench, source)
            lrs.statements.insert(1, stored(60))
            assert (await pulled(bench, source))["pulled"] == 1

    on(platform, promise)


def test_a_busy_source_is_waited_for(platform: Platform) -> None:
    async def promise(bench: Bench) -> None:
        with scripted_lrs(*(stored(n) for n in range(4))) as lrs:
            lrs.answers = [(429, {"Retry-After": "1"}), (200, {}), (503, {"Retry-After": "0"})]
            told = await pulled(bench, source_of(lrs, page_size=2))
            assert (told["pulled"], told["complete"], told["error"]) == (4, True, None)
            assert len(lrs.requests) == 4

    on(platform, promise)


def test_a_source_that_wants_to_be_left_alone_for_long_is(platform: Platform) -> None:
    async def promise(bench: Bench) -> None:
        with scripted_lrs(*(stored(n) for n in range(4))) as lrs:
            lrs.answers = [(200, {}), (503, {"Retry-After": "3600"})]
            source = source_of(lrs, page_size=2)
            told = await pulled(bench, source)
            assert (told["pulled"], told["complete"]) == (2, False)
            assert "503" in told["error"]
            asked = len(lrs.requests)
            assert (await pulled(bench, source))["skipped"]
            assert len(lrs.requests) == asked
            assert (await cursor_of(bench, source))["pulled"] == 2

    on(platform, promise)


def test_a_source_is_asked_no_more_often_than_it_says(platform: Platform) -> None:
    async def promise(bench: Bench) -> None:
        with scripted_lrs(stored(0)) as lrs:
            source = source_of(lrs, every_seconds=3600)
            assert (await pulled(bench, source))["pulled"] == 1
            assert (await pulled(bench, source))["skipped"]

    on(platform, promise)


def test_a_statement_that_is_not_valid_is_kept_as_rejected_and_its_neighbours_go_on(platform: Platform) -> None:
    async def promise(bench: Bench) -> None:
        bad = stored(1, verb={"id": "no IRI"})
        with scripted_lrs(stored(0), bad, stored(2)) as lrs:
            source = source_of(lrs)
            told = await pulled(bench, source)
            assert (told["pulled"], told["refused"]) == (2, 1)
            bench.sent.append(bad["id"])
            assert bench.rows("lrs.rejected", "stage") == ["pull"]
            assert "verb" in bench.rows("lrs.rejected", "reason")[0]
            assert json.loads(bench.rows("lrs.rejected", "raw")[0]) == bad
            await pulled(bench, source)
            assert bench.rows("lrs.rejected", "stage") == ["pull"]

    on(platform, promise)


def test_another_statement_under_a_known_id_is_kept_as_rejected(platform: Platform) -> None:
    async def promise(bench: Bench) -> None:
        first = stored(0)
        await bench.append({**first, "result": {"success": False}})
        with scripted_lrs(first) as lrs:
            told = await pulled(bench, source_of(lrs))
            assert (told["pulled"], told["known"], told["refused"]) == (0, 0, 1)
            assert "another statement" in bench.rows("lrs.rejected", "reason")[0]
            assert await in_log(platform, bench) == [first["id"]]

    on(platform, promise)


def test_a_link_to_another_server_is_not_followed_with_the_credential(platform: Platform) -> None:
    async def promise(bench: Bench) -> None:
        with scripted_lrs(stored(0)) as lrs, scripted_lrs(stored(1)) as other:
            lrs.more = f"{other.endpoint}/statements?limit=5"
            told = await pulled(bench, source_of(lrs))
            assert "another server" in told["error"]
            assert told["pulled"] == 1
            assert lrs.authorizations[0].startswith("Basic ")
            assert other.requests == []

    on(platform, promise)


def test_a_source_that_ignores_the_order_loses_nothing(platform: Platform) -> None:
    async def promise(bench: Bench) -> None:
        with scripted_lrs(*(stored(n) for n in reversed(range(20)))) as lrs:
            source = source_of(lrs, page_size=5, pages=2)
            assert "order" in (await pulled(bench, source))["error"]
            whole = source.model_copy(update={"pages": 10})
            assert (await pulled(bench, whole))["complete"]
            assert sorted(await in_log(platform, bench)) == sorted(s["id"] for s in lrs.statements)
            assert (await pulled(bench, whole))["pulled"] == 0

    on(platform, promise)


@pytest.mark.parametrize("answer", [401, 404, 500, 302])
def test_a_source_that_refuses_is_told_and_asked_again_next_time(platform: Platform, answer: int) -> None:
    async def promise(bench: Bench) -> None:
        with scripted_lrs(stored(0)) as lrs:
            lrs.answers = [(answer, {"Location": "http://127.0.0.1:1/"})]
            source = source_of(lrs)
            assert str(answer) in (await pulled(bench, source))["error"]
            told = await pulled(bench, source)
            assert (told["pulled"], told["error"]) == (1, None)
            assert (await cursor_of(bench, source))["error"] is None

    on(platform, promise)


def test_a_source_that_is_away_does_not_keep_the_others_from_being_asked(platform: Platform) -> None:
    async def promise(bench: Bench) -> None:
        with scripted_lrs(stored(0)) as lrs:
            away, there = source_of(endpoint="http://127.0.0.1:1/xAPI"), source_of(lrs)
            told = await Pull(lambda: [away, there], bench.log, bench.warehouse).run(seconds=20)
            assert told[away.name]["error"]
            assert told[there.name]["pulled"] == 1

    on(platform, promise)


GOOD = """
sources:
  - name: old
    endpoint: https://lrs.example.com/xAPI/statements/
    username_env: LRS_SOURCE_TEST_USER
    password_env: LRS_SOURCE_TEST_PASSWORD
    filters: {verb: "https://example.com/verb", agent: {mbox: "mailto:a@example.com"}}
"""


def test_sources_are_read_from_yaml(tmp_path: Path) -> None:
    path = tmp_path / "sources.yaml"
    path.write_text(GOOD)
    [source] = sources_of(path)
    assert source.endpoint == "https://lrs.example.com/xAPI"
    assert source.filters.parameters()["agent"] == '{"mbox": "mailto:a@example.com"}'
    assert source.credential() == ("reader", "open sesame")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("name: old", "nome: old"), "sources.0"),
        (("LRS_SOURCE_TEST_USER", "HOME"), "username_env"),
        (("password_env: LRS_SOURCE_TEST_PASSWORD", "password: sesame"), "password"),
        (("https://lrs", "ftp://lrs"), "endpoint"),
        (("sources:", "sources: ["), "cannot be read"),
        (("filters:", "since: yesterday\n    filters:"), "since"),
    ],
)
def test_what_is_wrong_with_sources_is_said_and_no_value_repeated(
    tmp_path: Path, change: tuple[str, str], said: str
) -> None:
    path = tmp_path / "sources.yaml"
    path.write_text(GOOD.replace(*change))
    with pytest.raises(SourcesInvalid) as caught:
        sources_of(path)
    assert said in str(caught.value)
    assert "sesame" not in str(caught.value)


def test_two_sources_of_one_name_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "sources.yaml"
    path.write_text(GOOD + GOOD.replace("\nsources:\n", ""))
    with pytest.raises(SourcesInvalid, match="two sources"):
        sources_of(path)


def test_a_credential_that_is_not_set_is_asked_for_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LRS_SOURCE_TEST_PASSWORD")
    with pytest.raises(SourcesInvalid, match="LRS_SOURCE_TEST_PASSWORD is not set"):
        source_of(endpoint="https://lrs.example.com").credential()
