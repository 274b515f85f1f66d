"""/api/debug/test-report: what the last test runs have shown, by contract; slow, flaky and stale tests. Pure."""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

from lrs_platform.contracts.contract import Contract
from lrs_platform.contracts.status import stands_for
from lrs_platform.contracts.test_history import as_dict
from lrs_platform.gateway.debug.parts import Known, Unknown, told
from lrs_platform.gateway.debug.project import Project

SLOWEST = 20
FAILURES = 50
MESSAGE = 400  # characters of a failure; the whole is in the report's file


def test_report(part: Known[Project] | Unknown) -> dict[str, Any]:
    """The answer; what it is made of may be unknown."""
    answer: dict[str, Any] = {"gathered_at": time.time(), "parts": {"project": told(part)}}
    if isinstance(part, Unknown):
        unknown = part.told()
        return {**answer, "runs": unknown, "contracts": unknown, "problems": []}
    tree, tests = part.value.tree, part.value.tests
    found = tests.newest
    runs = tests.history.runs
    slow = sorted(found.result.values(), key=lambda test: test.duration, reverse=True)[:SLOWEST]
    failed = [test for test in found.result.values() if test.status == "failed"]
    return {
        **answer,
        "commit": tree.commit,
        "runs": [{**as_dict(run), "current": run.commit == tree.commit} for run in runs],
        "contracts": [_contract(contract, part.value) for contract in tree.contracts],
        "failed": [
            {"test": test.name, "commit": found.run[test.name].commit, "message": (test.message or "")[:MESSAGE]}
            for test in failed[:FAILURES]
        ],
        "slowest": [{"test": test.name, "ms": round(test.duration)} for test in slow],
        "flaky": [{"test": name, "outcomes": outcomes} for name, outcomes in sorted(tests.flaky.items())],
        "stale": {
            "tests": len(tests.stale),
            "runs_of_other_commits": sum(run.commit != tree.commit for run in runs),
            "why": "their module's files are not those that they were run on",
        },
        "endpoints_without_test": list(tree.untested),
        "problems": list(tests.history.problems),
        "totals": dict(Counter(found.outcomes.values())),
    }


test_report.__test__ = False  # type: ignore[attr-defined]  # not a test, whatever its name begins with


def _contract(contract: Contract, project: Project) -> dict[str, Any]:
    found = project.tests.newest
    nodes = [node for node in found.outcomes if any(stands_for(name, node) for name in contract.tests)]
    counted = Counter(found.outcomes[node] for node in nodes)
    return {
        "module": contract.module,
        "passed": counted["passed"],
        "failed": counted["failed"],
        "skipped": counted["skipped"],
        "stale": sum(node in project.tests.stale for node in nodes),
        "ms": round(sum(found.result[node].duration for node in nodes)),
    }
