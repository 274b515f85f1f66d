"""Files of the archive: complete, readable by others, whole at any moment, and without those who were erased."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow.dataset as ds
import pytest

from lrs_platform.archive.days import Archive, Batch, day_of, days_between, positions_of
from lrs_platform.archive.digest import Digest
from lrs_platform.rights import archives
from lrs_platform.rights.retention import PolicyInvalid, policy
from lrs_platform.rights.subject import Subject
from lrs_platform.settings import Settings
from lrs_platform_tests.samples import statement

DAY = date(2026, 3, 1)
FIRST_MS = int(datetime(2026, 3, 1, tzinfo=UTC).timestamp() * 1000)
AUTHORITY = '{"objectType":"Agent","mbox":"mailto:lrs@example.com"}'
ADA = Subject.of(["mailto:ada@example.com"])
OTHER = {"mbox": "mailto:bea@example.com"}


def lines(count: int, **changes: object) -> Batch:
    """Statement lines of that day."""
    made = [statement(**{"actor": OTHER, **changes}) for _ in range(count)]
    return [
        f"{FIRST_MS + n}-{n}\t{each['id']}\t1.0.3\t{AUTHORITY}\t{json.dumps(each, ensure_ascii=False)}"
        for n, each in enumerate(made)
    ]


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive.of(Settings(home=tmp_path))


def test_lines_come_back_to_the_character_and_in_order(archive: Archive) -> None:
    written = lines(3, result={"response": 'é ☃ "\\u0000" \U0001f40d'}) + lines(2)
    archive.put(DAY, iter([written[:3], [], written[3:]]))
    assert [line for batch in archive.batches(DAY) for line in batch] == written
    assert archive.days() == [DAY]
    assert archive.digest(DAY) == Digest().with_lines(written)
    assert archive.size(DAY) > 0


def test_others_read_all_days_as_one_table(archive: Archive, tmp_path: Path) -> None:
    archive.put(DAY, [lines(4)])
    archive.put(date(2026, 3, 2), [lines(2)])
    table = ds.dataset(tmp_path / "archive" / "statements", format="parquet", partitioning="hive").to_table()
    assert table.num_rows == 6
    assert set(table["day"].to_pylist()) == {"2026-03-01", "2026-03-02"}
    assert table["stored"][0].as_py() == datetime(2026, 3, 1, tzinfo=UTC)
    assert json.loads(table["raw"][0].as_py())["actor"] == OTHER


def test_one_character_more_or_less_is_another_digest() -> None:
    some = lines(3)
    digest = Digest().with_lines(some)
    assert digest == Digest().with_lines(reversed(some))
    assert digest != Digest().with_lines([*some[:2], some[2] + " "])
    assert digest != Digest().with_lines(some[:2])


def test_a_write_that_breaks_off_leaves_what_was_there(archive: Archive, tmp_path: Path) -> None:
    archive.put(DAY, [lines(2)])
    before = archive.digest(DAY)

    def broken() -> Iterator[Batch]:
        yield lines(5)
        raise OSError("no space left on device")

    with pytest.raises(OSError, match="no space"):
        archive.put(DAY, broken())
    assert archive.digest(DAY) == before
    assert [path.name for path in (tmp_path / "archive").rglob("*") if path.is_file()] == ["statements.parquet"]


def test_a_days_positions_are_those_stored_on_it() -> None:
    before, last = positions_of(DAY)
    assert (day_of(before), day_of(before + 1), day_of(last), day_of(last + 1)) == (
        date(2026, 2, 28), DAY, DAY, date(2026, 3, 2),
    )  # fmt: skip
    assert days_between(date(2026, 2, 27), DAY) == [date(2026, 2, 27), date(2026, 2, 28), DAY]


def test_an_archive_can_lie_in_an_object_store() -> None:
    archive = Archive("memory://bucket/of-this-test")
    written = lines(2)
    archive.put(DAY, [written])
    assert [line for batch in archive.batches(DAY) for line in batch] == written
    assert archive.days() == [DAY]
    archive.remove(DAY)
    assert (archive.days(), archive.digest(DAY), archive.size(DAY)) == ([], Digest(), 0)


def test_whoever_is_erased_is_gone_from_the_archive_and_others_stay(archive: Archive, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    kept = lines(2)
    mine = lines(1, actor={"mbox": "mailto:ada@Example.com"})
    naming = lines(1, context={"instructor": {"mbox": "mailto:ada@example.com", "name": "Ada"}})
    by_id = lines(1)
    archive.put(DAY, [kept + mine + naming + by_id])
    archive.put(date(2026, 3, 2), [lines(1)])
    assert archives.search(settings, ADA)[1] == [archive.place(DAY)]
    statement_id = by_id[0].split("\t")[1]
    assert archives.rewrite(settings, ADA, [statement_id]) == {"removed": 2, "rewritten": 1}
    left = [line for batch in archive.batches(DAY) for line in batch]
    assert left[:2] == kept
    assert len(left) == 3
    assert json.loads(left[2].split("\t", 4)[4])["actor"] == OTHER
    assert archives.search(settings, ADA) == (2, [])
    assert archives.rewrite(settings, ADA, [statement_id]) == {}


def test_days_are_kept_as_long_as_the_policy_says(archive: Archive, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    archive.put(DAY, [lines(1)])
    archive.put(datetime.now(UTC).date(), [lines(1)])
    assert archives.expire(settings, 30, dry_run=True) == 1
    assert len(archive.days()) == 2
    assert archives.expire(settings, 30) == 1
    assert archive.days() == [datetime.now(UTC).date()]
    (tmp_path / "retention.yaml").write_text("archive: 30\n", encoding="utf-8")
    assert policy(Settings(retention_file=tmp_path / "retention.yaml")) == {"archive": 30.0}
    (tmp_path / "retention.yaml").write_text("archive: forever\n", encoding="utf-8")
    with pytest.raises(PolicyInvalid):
        policy(Settings(retention_file=tmp_path / "retention.yaml"))
