"""A contract's status follows from evidence: what is claimed without it is found out, whoever typed it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from lrs_platform.contracts import (
    FOLDER,
    SCHEMA,
    Contract,
    Endpoint,
    Evidence,
    Status,
    check,
    derive_status,
    judge,
    matching,
    read,
)

ROOT = Path(__file__).resolve().parents[1]

ORIGINAL = {
    "module": "b99_example",
    "agent": "gateway",
    "allowed_files": ["app/example.py"],
    "required_endpoints": ["/health"],
    "status": "draft",
}
HEALTH = Endpoint("/health")
FILES = frozenset({"app/example.py", "tests/test_example.py"})
PASSED = {"tests/test_example.py::test_it[1]": "passed", "tests/test_example.py::test_it[2]": "passed"}


def _contract(**changes: Any) -> Contract:
    return Contract.of(
        "example.json", {**ORIGINAL, "status": "verified", "tests": ["tests/test_example.py"], **changes}
    )


def _valid(content: dict[str, Any]) -> bool:
    schema = json.loads((ROOT / SCHEMA).read_text(encoding="utf-8"))
    return jsonschema.Draft202012Validator(schema).is_valid(content)


def test_the_schema_is_a_schema_and_takes_the_five_original_keys() -> None:
    jsonschema.Draft202012Validator.check_schema(json.loads((ROOT / SCHEMA).read_text(encoding="utf-8")))
    assert _valid(ORIGINAL)
    assert _valid({**ORIGINAL, "required_endpoints": [{"method": "POST", "path": "/xAPI/statements", "expect": 200}]})


@pytest.mark.parametrize("missing", sorted(ORIGINAL))
def test_each_original_key_is_required(missing: str) -> None:
    assert not _valid({key: value for key, value in ORIGINAL.items() if key != missing})


@pytest.mark.parametrize(
    "change",
    [
        {"status": "completed"},
        {"allowed_files": ["../outside.py"]},
        {"allowed_files": ["/etc/passwd"]},
        {"allowed_files": []},
        {"required_endpoints": ["health"]},
        {"required_endpoints": [{"path": "/health", "expect": "200"}]},
        {"module": "Not A Name"},
        {"progress": 100},
    ],
)
def test_what_nobody_could_check_is_refused(change: dict[str, Any]) -> None:
    assert not _valid({**ORIGINAL, **change})


def test_passed_tests_and_answering_endpoints_make_a_module_verified() -> None:
    assert derive_status(_contract(), Evidence(FILES, PASSED, {HEALTH: True})).status is Status.VERIFIED


@pytest.mark.parametrize(
    ("evidence", "status", "reason"),
    [
        (Evidence(frozenset()), Status.DRAFT, "no file matches app/example.py"),
        (Evidence(FILES), Status.IN_PROGRESS, "no passed test known"),
        (Evidence(FILES, PASSED), Status.IN_PROGRESS, "GET /health: not asked"),
        (
            Evidence(FILES, {"tests/test_example.py::test_it": "skipped"}, {HEALTH: True}),
            Status.IN_PROGRESS,
            "no passed",
        ),
        (Evidence(FILES, PASSED, {HEALTH: False}), Status.FAILING, "GET /health does not answer 200"),
        (Evidence(FILES, PASSED | {"tests/test_example.py::x": "failed"}, {HEALTH: True}), Status.FAILING, "1 failed"),
        (Evidence(FILES, PASSED, {HEALTH: True}, {"below": Status.FAILING}), Status.BLOCKED, "below is failing"),
    ],
)
def test_the_status_is_what_the_evidence_gives_whatever_is_claimed(
    evidence: Evidence, status: Status, reason: str
) -> None:
    verdict = derive_status(_contract(status="draft", depends_on=["below"]), evidence)
    assert verdict.status is status
    assert any(reason in said for said in verdict.reasons)


@pytest.mark.parametrize(
    "evidence",
    [
        Evidence(frozenset()),
        Evidence(FILES, PASSED, {HEALTH: False}),
        Evidence(FILES, {"tests/test_example.py::test_it": "failed"}, {HEALTH: True}),
    ],
)
def test_a_claim_that_the_evidence_contradicts_has_drifted(evidence: Evidence) -> None:
    verdict = derive_status(_contract(status="verified"), evidence)
    assert verdict.status is Status.DRIFTED
    assert verdict.reasons[0].startswith("claims verified, is ")


def test_a_claim_without_evidence_at_hand_has_not_drifted_and_is_not_believed() -> None:
    assert derive_status(_contract(status="verified"), Evidence(FILES)).status is Status.IN_PROGRESS


def test_a_test_of_another_file_with_a_longer_name_proves_nothing() -> None:
    other = {"tests/test_example.py2::test_it": "passed", "tests/test_example_two.py::test_it": "passed"}
    assert derive_status(_contract(), Evidence(FILES, other, {HEALTH: True})).status is Status.IN_PROGRESS


def test_a_failing_module_blocks_those_above_it_in_any_order() -> None:
    below = _contract(module="below", status="in_progress")
    above = Contract.of("a.json", {**ORIGINAL, "module": "above", "depends_on": ["below"], "required_endpoints": []})
    verdicts = {c.module: v.status for c, v in judge([above, below], Evidence(FILES, PASSED, {HEALTH: False}))}
    assert verdicts == {"above": Status.BLOCKED, "below": Status.FAILING}


def test_modules_that_depend_on_each_other_are_judged_all_the_same() -> None:
    circle = [
        Contract.of(f"{name}.json", {**ORIGINAL, "module": name, "depends_on": [other]}) for name, other in ("xy", "yx")
    ]
    assert {contract.module for contract, _ in judge(circle, Evidence(FILES))} == {"x", "y"}


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("a/*.py", {"a/b.py"}),
        ("a/**", {"a/b.py", "a/c/d.py", "a/c/e.sql"}),
        ("a/**/*.py", {"a/b.py", "a/c/d.py"}),
        ("a/b.py", {"a/b.py"}),
        ("a", set()),
        ("?/b.py", {"a/b.py"}),
    ],
)
def test_patterns_mean_files_of_a_folder_or_of_all_below(pattern: str, found: set[str]) -> None:
    assert set(matching(pattern, ["a/b.py", "a/c/d.py", "a/c/e.sql", "ab.py"])) == found


def test_the_contracts_of_this_project_agree_with_its_tree() -> None:
    assert [problem for problem in check(ROOT) if "drifted" not in problem] == []


def test_both_modules_of_the_plan_have_contracts() -> None:
    contracts, problems = read(ROOT)
    assert problems == []
    assert {"b01_attach_mcp_servers", "b02_streaming_etl"} <= {contract.module for contract in contracts}


def test_a_file_that_belongs_to_nobody_an_endpoint_nobody_serves_and_a_missing_test_are_found(tmp_path: Path) -> None:
    for name in (FOLDER, "docker-compose.yml"):
        source = ROOT / name
        shutil.copytree(source, tmp_path / name) if source.is_dir() else shutil.copy(source, tmp_path / name)
    (tmp_path / "lrs_platform").mkdir()
    (tmp_path / "lrs_platform" / "stray.py").touch()
    wrong = {**ORIGINAL, "required_endpoints": ["/nowhere"], "tests": ["tests/none.py"], "depends_on": ["nobody"]}
    (tmp_path / FOLDER / "example.json").write_text(json.dumps(wrong))
    (tmp_path / FOLDER / "broken.json").write_text('{"module": ')

    problems = check(tmp_path)

    assert "lrs_platform/stray.py belongs to no contract: it has to belong to exactly one" in problems
    for part in (
        "GET /nowhere is in no OpenAPI path",
        "tests/none.py does not exist",
        "no module nobody",
        "broken.json: not JSON",
    ):
        assert any(part in problem for problem in problems), part
