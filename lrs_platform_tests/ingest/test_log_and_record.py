"""The log held against the record: each check is green on a healthy platform, and red for its own fault."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lrs_platform.definitions import build_defs
from lrs_platform.defs.catch_up.schedules import catch_up_job
from lrs_platform.defs.ingest.checks import log_and_record, verdicts
from lrs_platform.log_and_record import Compared, compare
from lrs_platform_tests.archive.conftest import Fresh, on, served
from lrs_platform_tests.conftest import Platform
from lrs_platform_tests.mcp.conftest import Server
from lrs_platform_tests.roster.company import Company
from lrs_platform_tests.samples import statement

VOIDED = "http://adlnet.gov/expapi/verbs/voided"


@pytest.fixture(scope="module")
def parts(platform: Platform) -> Iterator[tuple[Company, Server]]:
    with served(platform) as found:
        yield found


async def loaded(fresh: Fresh) -> list[str]:
    """Statements of every fate, through the loader; the ids of the plain ones."""
    from lrs_platform.etl_streaming import Drain

    fresh.company.rows_changed("delete from core.event", ())
    fresh.company.rows_changed("delete from lrs.statement", ())
    position = await fresh.log.position(max_age_ms=0)
    plain = [statement() for _ in range(6)]
    voiding = statement(verb={"id": VOIDED}, object={"objectType": "StatementRef", "id": plain[5]["id"]})
    hopeless = statement(actor={"account": {"homePage": "https://x.example"}})
    other = {**plain[1], "verb": {"id": "http://adlnet.gov/expapi/verbs/failed"}}
    for number, each in enumerate([*plain, voiding, hopeless, plain[0], other]):
        await fresh.append(f"{position.now_ms - 10_000 + number * 100}-0", each)
    drain = Drain(log=fresh.log, python=fresh.python, warehouse=fresh.warehouse, until_empty=True)
    done = await drain.run()
    assert (done.inserted, done.duplicates, done.conflicts, done.rejected, done.failures) == (8, 1, 1, 1, [])
    return [each["id"] for each in plain]


async def compared(fresh: Fresh) -> Compared:
    return await compare(fresh.log, fresh.index, fresh.warehouse, hours=1, most=1000)


def red(found: Compared) -> set[str]:
    return {str(check.check_name) for check in verdicts(found) if not check.passed}


def test_what_was_loaded_agrees_whatever_became_of_it(
    platform: Platform, parts: tuple[Company, Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lrs_platform.log_and_record.IDS_AT_ONCE", 3)  # several spans, and a last one that is short

    async def promise(fresh: Fresh) -> None:
        await loaded(fresh)
        found = await compared(fresh)
        assert found.entries == 10
        assert red(found) == set()
        hours = list(found.hours.values())
        assert (sum(hour.stored for hour in hours), sum(hour.standing for hour in hours)) == (8, 8)
        assert (sum(hour.repeated for hour in hours), sum(hour.conflicts for hour in hours)) == (1, 1)

    on(platform, parts, promise)


def test_an_empty_log_agrees(platform: Platform, parts: tuple[Company, Server]) -> None:
    async def promise(fresh: Fresh) -> None:
        assert red(await compared(fresh)) == set()

    on(platform, parts, promise)


def test_a_row_that_went_is_a_gap(platform: Platform, parts: tuple[Company, Server]) -> None:
    async def promise(fresh: Fresh) -> None:
        gone = (await loaded(fresh))[2]
        fresh.company.rows_changed("delete from core.event where statement_id = %s::uuid", (gone,))
        assert (await compared(fresh)).without_event_count == 1
        assert red(await compared(fresh)) == {"no_gap"}
        fresh.company.rows_changed("delete from lrs.statement where statement_id = %s::uuid", (gone,))
        assert red(await compared(fresh)) == {"no_gap", "hours_agree"}

    on(platform, parts, promise)


def test_a_row_that_no_entry_brought_is_foreign(platform: Platform, parts: tuple[Company, Server]) -> None:
    async def promise(fresh: Fresh) -> None:
        some = (await loaded(fresh))[2]
        fresh.company.rows_changed(
            "insert into lrs.statement select gen_random_uuid(), position + 5, stored, version, authority, raw "
            "from lrs.statement where statement_id = %s::uuid",
            (some,),
        )
        assert red(await compared(fresh)) == {"no_foreign_row", "hours_agree"}

    on(platform, parts, promise)


def test_a_place_that_stands_twice_is_a_duplicate(platform: Platform, parts: tuple[Company, Server]) -> None:
    async def promise(fresh: Fresh) -> None:
        some = (await loaded(fresh))[2]
        fresh.company.rows_changed(
            "insert into lrs.statement select gen_random_uuid(), position, stored, version, authority, raw "
            "from lrs.statement where statement_id = %s::uuid",
            (some,),
        )
        assert "no_duplicate" in red(await compared(fresh))

    on(platform, parts, promise)


def test_what_is_not_loaded_yet_is_no_gap(platform: Platform, parts: tuple[Company, Server]) -> None:
    async def promise(fresh: Fresh) -> None:
        await loaded(fresh)
        now_ms = (await fresh.log.position(max_age_ms=0)).now_ms
        await fresh.append(f"{now_ms - 1000}-0", statement())
        assert red(await compared(fresh)) == set()

    on(platform, parts, promise)


def test_the_checks_run_with_every_catch_up_and_none_keeps_it_from_mending_a_gap() -> None:
    job = build_defs().resolve_job_def(catch_up_job.name)
    keys = {key.name for key in job.asset_layer.asset_graph.asset_check_keys if key.asset_key.path == ["statements"]}
    assert keys >= {"no_gap", "no_duplicate", "no_foreign_row", "hours_agree", "nothing_stuck", "few_rejected"}
    blocking = {spec.name for spec in log_and_record.check_specs if spec.blocking}
    assert blocking == {"no_duplicate"}
