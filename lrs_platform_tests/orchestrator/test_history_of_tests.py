"""What test runs leave: the newest outcome counts, on the files that it was about; broken reports harm no other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lrs_platform.contracts.test_history import KEPT_RUNS, flaky, history, keep, newest, report_directories, stale

TEST = "tests/test_it.py::test_it[1]"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with one contract, one file and one test."""
    root = tmp_path / "project"
    for folder in ("orchestrator_contracts", "lrs_platform", "tests", ".git/refs/heads"):
        (root / folder).mkdir(parents=True)
    here = Path(__file__).resolve().parents[2] / "orchestrator_contracts" / "contract_schema.json"
    (root / "orchestrator_contracts" / "contract_schema.json").write_text(here.read_text())
    contract = {
        "module": "it",
        "agent": "library",
        "allowed_files": ["lrs_platform/it.py"],
        "required_endpoints": [],
        "status": "in_progress",
        "tests": ["tests/test_it.py"],
    }
    (root / "orchestrator_contracts" / "it.json").write_text(json.dumps(contract))
    (root / "lrs_platform" / "it.py").write_text("it = 1\n")
    (root / "tests" / "test_it.py").write_text("def test_it(): ...\n")
    (root / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    (root / ".git" / "refs" / "heads" / "main").write_text("c0ffee" + "0" * 34 + "\n")
    return root


def run(root: Path, status: str, *, stop: int, name: str = TEST) -> Path:
    """A run of one test, kept as `sh lrs test` keeps it."""
    reports = root / ".lrs-test" / "reports"
    reports.mkdir(parents=True, exist_ok=True)
    test: dict[str, Any] = {"name": name, "status": status, "duration": 12}
    report = {"results": {"tests": [test], "summary": {"start": stop - 100, "stop": stop}}}
    (reports / "ctrf.json").write_text(json.dumps(report))
    (reports / "junit.xml").write_text("<testsuites/>")
    kept = keep(reports, root)
    assert kept is not None
    moved = kept.with_name(f"{stop:014}-{kept.name}")  # several runs in one second are runs of their own here
    kept.rename(moved)
    kept.with_name(kept.name.replace(".ctrf.json", ".junit.xml")).unlink(missing_ok=True)
    return moved


def directories(root: Path) -> list[Path]:
    return report_directories(root / ".lrs", root, None)


def test_a_run_is_kept_with_its_commit_and_the_newest_outcome_counts(project: Path) -> None:
    run(project, "failed", stop=1_000_000)
    run(project, "passed", stop=2_000_000)
    found = history(directories(project))
    assert [run.commit[:6] for run in found.runs] == ["c0ffee", "c0ffee"]
    assert newest(found.runs, project).outcomes == {TEST: "passed"}


def test_a_test_that_ran_on_other_files_is_stale_until_it_runs_again(project: Path) -> None:
    from lrs_platform.contracts.test_history import fingerprints

    run(project, "passed", stop=1_000_000)
    tests = {"it": ["tests/test_it.py"]}
    assert stale(newest(history(directories(project)).runs, project), fingerprints(project), tests) == frozenset()
    (project / "lrs_platform" / "it.py").write_text("it = 22\n")
    assert stale(newest(history(directories(project)).runs, project), fingerprints(project), tests) == {TEST}
    run(project, "passed", stop=2_000_000)
    assert stale(newest(history(directories(project)).runs, project), fingerprints(project), tests) == frozenset()


def test_a_test_that_passed_and_failed_on_the_same_files_is_flaky(project: Path) -> None:
    run(project, "failed", stop=1_000_000)
    (project / "lrs_platform" / "it.py").write_text("it = 22\n")
    run(project, "passed", stop=2_000_000)
    assert flaky(history(directories(project)).runs) == {}  # the change has mended it
    run(project, "failed", stop=3_000_000)
    assert set(flaky(history(directories(project)).runs)) == {TEST}


def test_a_test_that_was_taken_out_does_not_fail_for_ever(project: Path) -> None:
    run(project, "failed", stop=1_000_000, name="tests/test_it.py::test_that_is_gone")
    assert newest(history(directories(project)).runs, project).outcomes == {}


def test_a_broken_report_is_told_of_and_harms_no_other(project: Path) -> None:
    kept = run(project, "passed", stop=1_000_000)
    (kept.parent / "99999999T000000Z-broken.ctrf.json").write_text('{"results": ')
    found = history(directories(project))
    assert len(found.runs) == 1
    assert [problem.split(":")[0] for problem in found.problems] == ["99999999T000000Z-broken.ctrf.json"]


def test_a_run_that_left_no_report_changes_nothing(project: Path) -> None:
    reports = project / ".lrs-test" / "reports"
    reports.mkdir(parents=True)
    assert keep(reports, project) is None
    assert history(directories(project)).runs == ()


def test_the_history_is_bounded(project: Path) -> None:
    for number in range(KEPT_RUNS + 3):
        run(project, "passed", stop=1_000_000 + number)
    keep(project / ".lrs-test" / "reports", project)
    assert len(list((project / ".lrs-test" / "reports" / "history").glob("*.ctrf.json"))) == KEPT_RUNS


def test_a_directory_that_is_named_is_the_only_one(tmp_path: Path) -> None:
    assert report_directories(tmp_path / "home", tmp_path, tmp_path / "reports") == [tmp_path / "reports"]
