"""A CSV file as lines of named values, whatever program wrote it.

Belongs here: encodings, delimiters, headers, numbers of lines. Not here: what a column means (people.py, lessons.py,
responses.py). No I/O: it takes the bytes of a file.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

MAX_BYTES = 32 * 2**20  # 20,000 people are 2 MB
MAX_FIELD = 100_000  # characters; a quote that is never closed would swallow the rest of the file into one field
DELIMITERS = ",;\t|"
BYTE_ORDER_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


class FileUnreadable(ValueError):
    """The file as a whole cannot be used; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with one line. `fatal`: the line is left out; else it is only told."""

    line: int
    column: str
    reason: str
    fatal: bool = True

    def __str__(self) -> str:
        place = f"line {self.line}" + (f", {self.column}" if self.column else "")
        return f"{place}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a table: its number in the file, and its values by folded column name, trimmed."""

    number: int
    values: Mapping[str, str]

    def get(self, column: str | None) -> str:
        """The value in a column, "" where the table has no such column or the field is empty."""
        return self.values.get(column, "") if column else ""


@dataclass(slots=True)
class Table:
    """A file as it was read. `columns` maps folded names to the names in the file, in its order."""

    columns: dict[str, str]
    lines: list[Line]
    encoding: str
    delimiter: str
    problems: list[Problem] = field(default_factory=list)

    def column(self, *names: str) -> str | None:
        """The first of these folded names that the table has."""
        return next((name for name in names if name in self.columns), None)

    def extra(self, line: Line, known: Collection[str | None]) -> dict[str, str]:
        """The non-empty values of a line outside the `known` columns, by the names in the file."""
        return {
            shown: line.values[name] for name, shown in self.columns.items() if name not in known and line.values[name]
        }


def folded(name: str) -> str:
    """A column name without regard to case and to what stands between its words: `E-Mail ` is `e mail`."""
    return re.sub(r"[\W_]+", " ", name.casefold()).strip()


def read_table(content: bytes) -> Table:
    """Read a CSV file. Raises FileUnreadable where it is none; lines that do not fit the header are problems."""
    text, encoding = _decoded(content)
    delimiter, body, skipped = _delimiter(text)
    reader = csv.reader(io.StringIO(body, newline=""), delimiter=delimiter)
    columns: dict[str, str] = {}
    table = Table(columns, [], encoding, delimiter)
    start = 0
    try:
        for fields in reader:
            number, start = start + skipped + 1, reader.line_num
            if not any(value.strip() for value in fields):
                continue
            if not columns:
                columns.update(_header(fields))
                continue
            if any(value.strip() for value in fields[len(columns) :]):
                reason = f"has {len(fields)} fields, the header has {len(columns)}: is a delimiter inside a value?"
                table.problems.append(Problem(number, "", reason))
                continue
            if any(len(value) > MAX_FIELD for value in fields):
                raise FileUnreadable(f"line {number}: a field does not end; a quotation mark is missing")
            values = [value.strip() for value in fields] + [""] * (len(columns) - len(fields))
            table.lines.append(Line(number, dict(zip(columns, values, strict=False))))
    except csv.Error as error:
        raise FileUnreadable(f"line {reader.line_num + skipped}: {error}") from error
    if not columns:
        raise FileUnreadable("the file is empty")
    if not table.lines and not table.problems:
        raise FileUnreadable("the file has a header and no lines below it")
    return table


def _decoded(content: bytes) -> tuple[str, str]:
    """The text and how it was encoded: as its byte order mark says, else UTF-8, else Windows-1252 as Excel writes."""
    if len(content) > MAX_BYTES:
        raise FileUnreadable(f"the file has more than {MAX_BYTES // 2**20} MB: import it in parts")
    if content.startswith(b"PK\x03\x04"):
        raise FileUnreadable("this is a workbook, not CSV: save it as CSV UTF-8 first")
    encoding = next((name for mark, name in BYTE_ORDER_MARKS if content.startswith(mark)), "utf-8")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        try:
            text, encoding = content.decode("cp1252"), "cp1252"
        except UnicodeDecodeError as error:
            raise FileUnreadable("the file is neither UTF-8 nor Windows-1252 text: save it as CSV UTF-8") from error
    if "\x00" in text:
        raise FileUnreadable("the file is no text: save it as CSV UTF-8")
    return text, encoding


def _delimiter(text: str) -> tuple[str, str, int]:
    """The delimiter, the text from the header on, and how many lines stand before it (Excel's `sep=;`)."""
    first = text.split("\n", 1)[0].strip()
    if match := re.fullmatch(r'"?sep=(.)"?', first, re.IGNORECASE):
        return match[1], text.partition("\n")[2], 1
    sample = next((line for line in text.splitlines() if line.strip()), "")
    outside_quotes = re.sub(r'"[^"]*"', "", sample)
    return max(DELIMITERS, key=outside_quotes.count), text, 0


def _header(fields: list[str]) -> dict[str, str]:
    while fields and not fields[-1].strip():  # Excel's empty columns at the end
        fields = fields[:-1]
    columns: dict[str, str] = {}
    for place, name in enumerate(fields, start=1):
        key = folded(name) or f"column {place}"
        if key in columns:
            raise FileUnreadable(f"the column {name.strip()!r} stands twice in the header: name each differently")
        columns[key] = name.strip() or f"column {place}"
    return columns
