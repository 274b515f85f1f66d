"""From the log into a database, from there into the archive, and out of it into an empty database: the same tables."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from lrs_platform.archive.days import Archive, positions_of
from lrs_platform.archive.digest import Digest
from lrs_platform.archive.replaying import from_archive, from_log, replay
from lrs_platform.archive.writing import ArchivedDay, archive_day, span_of_record
from lrs_platform.definitions import build_defs
from lrs_platform.defs.upkeep.archive.assets import statement_archive
from lrs_platform.defs.upkeep.archive.schedules import archive_daily, archive_statements
from lrs_platform_tests.archive.conftest import Fresh, on, opened
from lrs_platform_tests.conftest import Platform
from lrs_platform_tests.mcp.conftest import Server
from lrs_platform_tests.roster.company import Company
from lrs_platform_tests.samples import statement

VOIDED = "http://adlnet.gov/expapi/verbs/voided"
DAY = (datetime.now(UTC) - timedelta(days=3)).date()

# Everything that a load writes; numbers that count loads, and the cut of postings into rows, are left out.
TABLES = (
    "select statement_id, position, stored, version, authority::text, raw::text from lrs.statement order by position",
    "select * from core.event order by position",
    "select statement_id, position, target_id, voids from lrs.reference order by position",
    "select activity_id, definition::text from lrs.activity order by 1",
    "select key, position from lrs.posting cross join unnest(positions) as position order by 1, 2",
    "select log_id, statement_id, stage, reason, raw from lrs.rejected order by 1, 3",
)


def some_statements() -> list[dict[str, Any]]:
    """Of every kind: learners, voided and voiding ones, a reference, one that the mapping cannot digest."""
    plain = [
        statement(
            actor={"mbox": f"mailto:learner{n % 7}@example.com"},
            object={"id": f"https://x.example/{n % 5}", "definition": {"name": {"en": f"Lesson {n % 5} é\U0001f40d"}}},
        )
        for n in range(40)
    ]
    voiding = statement(verb={"id": VOIDED}, object={"objectType": "StatementRef", "id": plain[3]["id"]})
    referring = statement(object={"objectType": "StatementRef", "id": plain[5]["id"]})
    hopeless = statement(actor={"account": {"homePage": "https://x.example"}})
    late = statement(timestamp=None)
    del late["timestamp"]
    return [*plain, voiding, referring, hopeless, late]


async def fill(fresh: Fresh) -> None:
    """Put them into the log, over two days, and from there into the database."""
    first_ms = (positions_of(DAY)[0] >> 20) + 1
    for number, each in enumerate(some_statements()):
        await fresh.append(f"{first_ms + number * 3_000_000}-{number % 3}", each)
    told = await replay(
        from_log(fresh.index, DAY, DAY + timedelta(days=1)),
        log=fresh.log, python=fresh.python, warehouse=fresh.warehouse,
    )  # fmt: skip
    assert (told.entries, told.inserted, told.rejected) == (44, 44, 1)


def tables(company: Company) -> list[list[dict[str, Any]]]:
    return [company.rows(query) for query in TABLES]


def test_an_empty_database_becomes_what_the_lost_one_was(
    platform: Platform, first: tuple[Company, Server], second: tuple[Company, Server], tmp_path: Path
) -> None:
    archive = Archive(tmp_path.as_uri())

    async def promise(fresh: Fresh) -> None:
        await fill(fresh)
        assert await span_of_record(fresh.warehouse) == (DAY, DAY + timedelta(days=1))
        for day in (DAY, DAY + timedelta(days=1), DAY - timedelta(days=1)):
            done = await archive_day(fresh.warehouse, archive, day)
            assert done.equal
        assert archive.days() == [DAY, DAY + timedelta(days=1)]
        async with opened(platform, second) as other:
            parts: dict[str, Any] = {"log": other.log, "python": other.python, "warehouse": other.warehouse}
            told = await replay(from_archive(archive, None, DAY), **parts)
            assert 0 < told.inserted < 44
            told = await replay(from_archive(archive, None, None), **parts)
            assert (told.entries, told.inserted + told.redelivered) == (44, 44)
            again = await replay(from_archive(archive, None, None), **parts)
            assert (again.inserted, again.redelivered, again.conflicts) == (0, 44, 0)
        lost, found = tables(first[0]), tables(second[0])
        assert [len(rows) for rows in lost][:2] == [44, 42]
        assert found == lost

    on(platform, first, promise)


def test_a_day_is_written_once_and_again_only_when_it_differs(
    platform: Platform, second: tuple[Company, Server], tmp_path: Path
) -> None:
    archive = Archive(tmp_path.as_uri())
    day = date(2026, 1, 5)
    company = second[0]

    async def promise(fresh: Fresh) -> None:
        first_ms = (positions_of(day)[0] >> 20) + 1
        for number in range(5):
            await fresh.append(f"{first_ms + number}-0", statement())
        parts: dict[str, Any] = {"log": fresh.log, "python": fresh.python, "warehouse": fresh.warehouse}
        await replay(from_log(fresh.index, day, day), **parts)
        assert (await archive_day(fresh.warehouse, archive, day)).written
        unchanged = await archive_day(fresh.warehouse, archive, day)
        assert (unchanged.equal, unchanged.written, unchanged.record.statements) == (True, False, 5)
        company.rows_changed("update lrs.statement set authority = '{}' where position = %s", (first_ms * 2**20,))
        changed = await archive_day(fresh.warehouse, archive, day)
        assert (changed.equal, changed.written) == (True, True)

    on(platform, second, promise)


def test_a_database_that_was_lost_does_not_take_its_archive_with_it(
    platform: Platform, second: tuple[Company, Server], tmp_path: Path
) -> None:
    archive = Archive(tmp_path.as_uri())
    line = f"1767657600000-0\t{uuid.uuid4()}\t1.0.3\t{{}}\t{{}}"  # 2026-01-06
    archive.put(date(2026, 1, 6), [[line]])

    async def promise(fresh: Fresh) -> None:
        done = await archive_day(fresh.warehouse, archive, date(2026, 1, 6))
        assert (done.equal, done.written, done.record.statements, done.archive.statements) == (False, False, 0, 1)
        assert archive.digest(date(2026, 1, 6)).statements == 1

    on(platform, second, promise)


class Told(dg.ConfigurableResource[Any]):
    """In the place of `Archiving`: gives what was written down before."""

    record: int
    archive_has: int

    def archive(self, wanted: list[date]) -> list[ArchivedDay]:
        return [ArchivedDay(day, Digest(self.record, 1), Digest(self.archive_has, 1), 9, True) for day in wanted]

    def note_archived(self, known: set[str]) -> None:
        assert known == {"2026-01-06"}


@pytest.mark.parametrize(("record", "archived"), [(3, 3), (3, 2), (2, 3)])
def test_a_day_that_differs_turns_the_check_red_and_is_not_materialised(record: int, archived: int) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize(
            [statement_archive],
            partition_key="2026-01-06",
            resources={"archiving": Told(record=record, archive_has=archived)},
            instance=instance,
            raise_on_error=False,
        )
        [check] = result.get_asset_check_evaluations()
        assert check.passed is (record == archived)
        assert result.success is (record == archived)
        known = instance.get_materialized_partitions(dg.AssetKey("statement_archive"))
        assert known == ({"2026-01-06"} if record == archived else set())


class Nights(dg.ConfigurableResource[Any]):
    """In the place of `Archiving`: a record of three days, and all comes out equal."""

    def days_over(self) -> list[date]:
        return [date(2026, 3, number) for number in (1, 2, 3)]

    def archive(self, wanted: list[date]) -> list[ArchivedDay]:
        return [ArchivedDay(day, Digest(day.day, 1), Digest(day.day, 1), 9, True) for day in wanted]

    def note_archived(self, known: set[str]) -> None:
        assert known


def test_a_night_archives_all_days_that_are_over_in_one_run(tmp_path: Path) -> None:
    job = build_defs(resources={"archiving": Nights()}).resolve_job_def(archive_statements.name)
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        with dg.build_schedule_context(instance=instance, resources={"archiving": Nights()}) as context:
            request = archive_daily(context)
        assert isinstance(request, dg.RunRequest)
        result = job.execute_in_process(tags=dict(request.tags), instance=instance)
        told = [
            event.step_materialization_data.materialization
            for event in result.all_events
            if event.is_step_materialization
        ]
        assert {each.partition: each.metadata["statements"].value for each in told} == {
            "2026-03-01": 1,
            "2026-03-02": 2,
            "2026-03-03": 3,
        }
        with dg.build_schedule_context(instance=instance, resources={"archiving": Nights()}) as context:
            assert isinstance(archive_daily(context), dg.SkipReason)
