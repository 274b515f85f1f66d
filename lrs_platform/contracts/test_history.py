"""What the test runs have left: CTRF and JUnit reports, their history, and what follows from several of them.

Belongs here: keeping a report with the commit and the files that it is about, reading the kept ones, and which tests
failed, are slow, flaky or stale. Not here: running tests (local/suite.py), pages (gateway/debug).

Reports lie in a directory: `ctrf.json` and `junit.xml` of the last run, and `history/<UTC time>-<commit>.ctrf.json`
with its `.junit.xml` of that run and the ones before. https://ctrf.io
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from lrs_platform.contracts.contract import read
from lrs_platform.contracts.files import fingerprint, owners, project_files

KEPT_RUNS = 50  # a run of two thousand tests is 1 MB
READ_RUNS = 20
FILES = "lrs_files"  # key in the report's environment: module -> fingerprint of its files


class TestResult(msgspec.Struct, rename="camel"):
    """One test of a run; `duration` in ms."""

    __test__ = False  # not a test, whatever its name begins with

    name: str
    status: str
    duration: float = 0.0
    message: str | None = None


class _Summary(msgspec.Struct):
    start: float = 0.0
    stop: float = 0.0


class _Extra(msgspec.Struct):
    lrs_files: dict[str, str] = {}
    dirty: bool = False


class _Environment(msgspec.Struct):
    commit: str = ""
    extra: _Extra = msgspec.field(default_factory=_Extra)


class _Results(msgspec.Struct):
    tests: list[TestResult]
    summary: _Summary = msgspec.field(default_factory=_Summary)
    environment: _Environment = msgspec.field(default_factory=_Environment)


class _Report(msgspec.Struct):
    results: _Results


@dataclass(frozen=True, slots=True)
class TestRun:
    """One run, newest first in a history. `files`: module -> fingerprint of what was tested."""

    __test__ = False

    file: str
    ended: datetime
    ms: float
    commit: str
    files: Mapping[str, str]
    tests: tuple[TestResult, ...]

    def count(self, status: str) -> int:
        """Tests with this outcome."""
        return sum(test.status == status for test in self.tests)


@dataclass(frozen=True, slots=True)
class History:
    """Runs, newest first, and reports that could not be read, with the reason."""

    runs: tuple[TestRun, ...] = ()
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest outcome of every test that still exists, and the run that it comes from."""

    outcomes: Mapping[str, str] = field(default_factory=dict)
    run: Mapping[str, TestRun] = field(default_factory=dict)
    result: Mapping[str, TestResult] = field(default_factory=dict)


def keep(reports: Path, root: Path) -> Path | None:
    """Note commit and tested files in the last report, and add it to the history; None where there is no report."""
    last = reports / "ctrf.json"
    try:
        report = json.loads(last.read_text(encoding="utf-8"))
        environment = report["results"].setdefault("environment", {})
    except (OSError, ValueError, LookupError):
        return None  # pytest could not even start; the history is as it was
    commit = current_commit(root)
    environment["commit"] = commit
    environment.setdefault("extra", {})[FILES] = fingerprints(root)
    _write(last, json.dumps(report))
    history = reports / "history"
    history.mkdir(exist_ok=True)
    stem = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{commit[:12] or 'unknown'}"
    kept = history / f"{stem}.ctrf.json"
    shutil.copyfile(last, kept)
    if (reports / "junit.xml").exists():
        shutil.copyfile(reports / "junit.xml", history / f"{stem}.junit.xml")
    for old in sorted(history.glob("*.ctrf.json"))[:-KEPT_RUNS]:
        old.unlink()
        old.with_name(old.name.replace(".ctrf.json", ".junit.xml")).unlink(missing_ok=True)
    return kept


def fingerprints(root: Path) -> dict[str, str]:
    """Fingerprint of every module's files and tests, as they are now."""
    contracts, _ = read(root)
    files = project_files(root)
    ownership = owners(contracts, files)
    return {contract.module: fingerprint(root, contract, ownership, files) for contract in contracts}


def current_commit(root: Path) -> str:
    """The commit that is checked out, read from .git; "" where there is none."""
    git = root / ".git"
    try:
        head = (git / "HEAD").read_text(encoding="ascii").strip()
        if not head.startswith("ref: "):
            return head
        name = head.removeprefix("ref: ")
        loose = git / name
        if loose.exists():
            return loose.read_text(encoding="ascii").strip()
        packed = (git / "packed-refs").read_text(encoding="utf-8").splitlines()
        return next((line.split()[0] for line in packed if line.endswith(f" {name}")), "")
    except (OSError, ValueError):
        return ""


_read: dict[Path, tuple[int, int, TestRun | str]] = {}


def history(directories: Iterable[Path], *, limit: int = READ_RUNS) -> History:
    """The newest runs in these directories. A report is read once; one that is broken is told of and harms no other."""
    files: dict[Path, None] = {}
    for directory in directories:
        kept = sorted(directory.glob("history/*.ctrf.json"))
        last = directory / "ctrf.json"
        # The last run counts by itself only where it was not kept: copied here by hand, or by a CI of another kind.
        if last.exists() and (not kept or last.stat().st_mtime > kept[-1].stat().st_mtime + 1):
            kept.append(last)
        files |= dict.fromkeys(kept)
    newest = sorted(files, key=lambda path: (path.stat().st_mtime, path.name), reverse=True)[:limit]
    for gone in set(_read) - set(newest):
        del _read[gone]
    read_ones = [_run(path) for path in newest]
    return History(
        runs=tuple(run for run in read_ones if isinstance(run, TestRun)),
        problems=tuple(run for run in read_ones if isinstance(run, str)),
    )


def newest(runs: Sequence[TestRun], root: Path) -> Newest:
    """The newest outcome of each test. A test whose function is no longer in its file does not count any more."""
    outcomes: dict[str, str] = {}
    run_of: dict[str, TestRun] = {}
    result: dict[str, TestResult] = {}
    texts: dict[str, str] = {}
    for run in runs:
        for test in run.tests:
            if test.name in outcomes:
                continue
            file, _, rest = test.name.partition("::")
            if file not in texts:
                texts[file] = _text(root / file)
            if rest.partition("[")[0].rpartition("::")[2] in texts[file]:
                outcomes[test.name], run_of[test.name], result[test.name] = test.status, run, test
    return Newest(outcomes, run_of, result)


def stale(newest_outcomes: Newest, files: Mapping[str, str], tests_of: Mapping[str, Sequence[str]]) -> frozenset[str]:
    """Tests whose newest run was on other files of their module than `files` (fingerprints) says there are now."""
    from lrs_platform.contracts.status import stands_for

    found = set()
    for module, names in tests_of.items():
        for node, run in newest_outcomes.run.items():
            if run.files.get(module) != files.get(module) and any(stands_for(name, node) for name in names):
                found.add(node)
    return frozenset(found)


def flaky(runs: Sequence[TestRun]) -> dict[str, list[str]]:
    """Tests that passed and failed on the same files, with their outcomes, newest first."""
    seen: dict[tuple[str, str], list[str]] = {}
    for run in runs:
        tree = json.dumps(sorted(run.files.items())) or run.commit
        for test in run.tests:
            if test.status in ("passed", "failed"):
                seen.setdefault((tree, test.name), []).append(test.status)
    return {name: found for (_, name), found in seen.items() if len(set(found)) > 1}


def report_directories(home: Path, root: Path, setting: Path | None) -> list[Path]:
    """Where reports are looked for: LRS_REPORTS_DIR, else those of this home and of `sh lrs test` in this project."""
    return [setting] if setting is not None else [home / "reports", root / ".lrs-test" / "reports"]


def _run(path: Path) -> TestRun | str:
    stat = path.stat()
    held = _read.get(path)
    if held is None or held[:2] != (stat.st_mtime_ns, stat.st_size):
        _read[path] = held = (stat.st_mtime_ns, stat.st_size, _parse(path))
    return held[2]


def _parse(path: Path) -> TestRun | str:
    try:
        results = msgspec.json.decode(path.read_bytes(), type=_Report).results
        summary, environment = results.summary, results.environment
        ended = datetime.fromtimestamp((summary.stop / 1000) or path.stat().st_mtime, UTC)
    except (OSError, ValueError, msgspec.MsgspecError) as error:
        return f"{path.name}: no CTRF report: {error}"
    ms = max(0.0, summary.stop - summary.start)
    return TestRun(path.name, ended, ms, environment.commit, environment.extra.lrs_files, tuple(results.tests))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""


def _write(path: Path, text: str) -> None:
    """Replace a file at once, so that no reader meets half of it."""
    new = path.with_suffix(".new")
    new.write_text(text, encoding="utf-8")
    new.replace(path)


def as_dict(run: TestRun) -> dict[str, Any]:
    """A run as the test report shows it."""
    return {
        "file": run.file,
        "ended": run.ended.isoformat(timespec="seconds"),
        "ms": round(run.ms),
        "commit": run.commit,
        "tests": len(run.tests),
        **{status: run.count(status) for status in ("passed", "failed", "skipped")},
    }
