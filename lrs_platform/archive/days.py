"""Where the days of the archive lie, and what is in them: one Parquet file a day, at any URL that fsspec knows.

    <url>/statements/day=2026-11-22/statements.parquet

The names are those of Hive, so DuckDB, Polars and Spark read all days as one table with a column `day`. Belongs here:
files. Not here: where statements come from (writing.py) or go to (replaying.py).
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lrs_platform.archive.digest import Digest
from lrs_platform.local.files import to_disk

if TYPE_CHECKING:
    import pyarrow as pa

    from lrs_platform.settings import Settings

FOLDER = "statements"
FILE = "statements.parquet"
MILLISECOND = 1 << 20  # positions of one (docs/architecture.md, "Shapes")
DAY_MS = 86_400_000
ROWS_AT_ONCE = 5_000  # of a row group, and in memory: 8 MB of statements
COMPRESSION = "zstd"  # a seventh of the text, where gzip needs three times the CPU for a sixth
_DAY = re.compile(r"day=(\d{4}-\d{2}-\d{2})$")

Batch = list[str]  # statement lines


def day_of(position: int) -> date:
    """The day (UTC) on which a statement was stored."""
    return datetime.fromtimestamp((position >> 20) / 1000, UTC).date()


def positions_of(day: date) -> tuple[int, int]:
    """The position before the first that a day may have, and its last."""
    first_ms = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)
    return first_ms * MILLISECOND - 1, (first_ms + DAY_MS) * MILLISECOND - 1


def days_between(first: date, last: date) -> list[date]:
    """All days from one to another, both included."""
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


class Archive:
    """The archive at a URL: a directory (file:///...), s3://bucket/prefix, ..."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._opened: tuple[Any, str] | None = None

    @classmethod
    def of(cls, settings: Settings) -> Archive:
        """The one that LRS_ARCHIVE_URL names, else the directory `archive` of LRS_HOME."""
        return cls(settings.archive_url or (settings.home / "archive").resolve().as_uri())

    def days(self) -> list[date]:
        """The days that have a file, in order."""
        filesystem, root = self._open()
        try:
            names = filesystem.ls(f"{root}/{FOLDER}", detail=False)
        except FileNotFoundError:
            return []
        found = [date.fromisoformat(match[1]) for name in names if (match := _DAY.search(str(name).rstrip("/")))]
        return sorted(day for day in found if filesystem.exists(self.place(day)))

    def place(self, day: date) -> str:
        """Path of a day's file in its file system."""
        return f"{self._open()[1]}/{FOLDER}/day={day.isoformat()}/{FILE}"

    def size(self, day: date) -> int:
        """Size of a day's file; 0 where there is none."""
        try:
            return int(self._open()[0].info(self.place(day))["size"])
        except FileNotFoundError:
            return 0

    def batches(self, day: date) -> Iterator[Batch]:
        """The statement lines of a day, in the order of the record; none where the day has no file."""
        import pyarrow.parquet as pq

        try:
            source = self._open()[0].open(self.place(day), "rb")
        except FileNotFoundError:
            return
        with source, pq.ParquetFile(source) as file:
            for rows in file.iter_batches(batch_size=ROWS_AT_ONCE):
                yield _lines(rows)

    def digest(self, day: date) -> Digest:
        """Of what a day's file holds, read from its first byte to its last."""
        digest = Digest()
        for batch in self.batches(day):
            digest = digest.with_lines(batch)
        return digest

    def put(self, day: date, batches: Iterable[Batch]) -> None:
        """Write a day's file, or another in its place: whoever reads it meanwhile has the one or the other whole."""
        self._place(day, lambda path: _write(path, batches))

    def remove(self, day: date) -> None:
        """Remove a day's file, if there is one."""
        with suppress(FileNotFoundError):
            self._open()[0].rm_file(self.place(day))

    def _open(self) -> tuple[Any, str]:
        if self._opened is None:
            from fsspec.core import url_to_fs

            filesystem, root = url_to_fs(self._url)
            self._opened = filesystem, root.rstrip("/")
        return self._opened

    def _place(self, day: date, write: Callable[[Path], None]) -> None:
        filesystem, _ = self._open()
        place = self.place(day)
        if "file" not in filesystem.protocol:  # an object is there when it is whole
            with tempfile.TemporaryDirectory(prefix="lrs-archive-") as directory:
                write(Path(directory) / FILE)
                filesystem.put_file(str(Path(directory) / FILE), place)
            return
        path = Path(place)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        new = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            write(new)
            new.chmod(0o600)
            to_disk(new)
            new.replace(path)
            to_disk(path.parent)
        finally:
            new.unlink(missing_ok=True)


def _schema() -> pa.Schema:
    import pyarrow as pa

    return pa.schema(
        [
            pa.field("position", pa.int64(), nullable=False),
            pa.field("stored", pa.timestamp("ms", tz="UTC"), nullable=False),
            pa.field("statement_id", pa.string(), nullable=False),
            pa.field("version", pa.string(), nullable=False),
            pa.field("authority", pa.string(), nullable=False),
            pa.field("raw", pa.string(), nullable=False),
        ]
    )


def _write(path: Path, batches: Iterable[Batch]) -> None:
    import pyarrow.parquet as pq

    found = ["position", "stored", "statement_id"]  # by their least and greatest values readers pass row groups over
    with pq.ParquetWriter(path, _schema(), compression=COMPRESSION, write_statistics=found) as writer:
        for batch in batches:
            if batch:
                writer.write_batch(_rows(batch))


def _rows(lines: Batch) -> pa.RecordBatch:
    import pyarrow as pa

    positions, stored, rest = [], [], []
    for line in lines:
        log_id, *fields = line.split("\t", 4)
        ms, _, sequence = log_id.partition("-")
        positions.append(int(ms) * MILLISECOND + int(sequence))
        stored.append(int(ms))
        rest.append(fields)
    schema = _schema()
    columns: list[Any] = [positions, stored, *(list(column) for column in zip(*rest, strict=True))]
    arrays = [pa.array(column, type=field.type) for column, field in zip(columns, schema, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _lines(rows: pa.RecordBatch) -> Batch:
    columns = (rows.column(name).to_pylist() for name in ("position", "statement_id", "version", "authority", "raw"))
    return [
        f"{position >> 20}-{position % MILLISECOND}\t{statement_id}\t{version}\t{authority}\t{raw}"
        for position, statement_id, version, authority, raw in zip(*columns, strict=True)
    ]
