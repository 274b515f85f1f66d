"""`lrs simulate` leaves files that say what the simulation says, and the same bytes on every Python."""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
from datetime import date
from pathlib import Path

import pytest

from lrs_platform.simulate import command, simulate

# SHA-256 of all lines of a small company. It changes when the model changes, which docs/simulate.md then has to tell,
# and must not change with the version of Python: the suite runs on each.
FINGERPRINT = "49831782bca04fbc6b119d7845e81625644c814b483f868a429def658c7c5046"


def test_the_bytes_are_those_of_every_other_python() -> None:
    made = simulate(1, 40, 21, start=date(2026, 3, 16), lessons=5)  # over a change to summer time
    assert hashlib.sha256(b"\n".join(made.statements())).hexdigest() == FINGERPRINT


def test_the_command_writes_what_the_simulation_holds(tmp_path: Path) -> None:
    out = tmp_path / "company"
    assert command(out, seed=2, learners=30, days=14, lessons=4) == 0
    made = simulate(2, 30, 14, lessons=4)
    with gzip.open(out / "statements.jsonl.gz") as file:
        assert file.read().splitlines() == list(made.statements())
    assert json.loads((out / "truth.json").read_bytes()) == json.loads(json.dumps(made.truth))
    for name, text in (
        ("roster.csv", made.roster_csv()),
        ("lessons.csv", made.lessons_csv()),
        ("schedule.csv", made.schedule_csv()),
    ):
        assert (out / name).read_bytes() == text.encode()
    with (out / "roster.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 30
    assert list(rows[0]) == ["First Name", "Last Name", "Email", "Group", "Team", "Time Zone"]
    assert all(row["Email"].endswith(".example.com") for row in rows)
    assert len({row["Email"] for row in rows}) == 30


def test_the_same_command_writes_the_same_files(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        assert command(tmp_path / folder, seed=3, learners=10, days=7, lessons=2) == 0
    names = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert names == ["lessons.csv", "roster.csv", "schedule.csv", "statements.jsonl.gz", "truth.json"]
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_a_company_of_nobody_and_a_folder_that_cannot_be_end_with_status_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(tmp_path, learners=0) == 2
    assert "learners is 0" in capsys.readouterr().err
    (tmp_path / "file").write_text("")
    assert command(tmp_path / "file", learners=1, days=1, lessons=1) == 2
    assert "file" in capsys.readouterr().err
