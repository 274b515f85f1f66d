"""/api/debug/progress: every contract with the status that the evidence gives it, and that evidence.

Pure: from parts to the answer. A part that is unknown proves nothing; what it would have shown is told as unknown, with
the reason and the age, and no status is `verified` without it.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lrs_platform.contracts.contract import Contract, Endpoint, Status
from lrs_platform.contracts.files import strays
from lrs_platform.contracts.probing import Answer
from lrs_platform.contracts.status import Evidence, Verdict, judge, stands_for
from lrs_platform.gateway.debug.agents import CallFacts, silent
from lrs_platform.gateway.debug.dagster_facts import DagsterFacts, age
from lrs_platform.gateway.debug.parts import Known, Unknown, told
from lrs_platform.gateway.debug.project import Project
from lrs_platform.stream import LogPosition


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything that progress is made of."""

    project: Known[Project] | Unknown
    answers: Known[Mapping[Endpoint, Answer]] | Unknown
    dagster: Known[DagsterFacts] | Unknown
    calls: Known[CallFacts] | Unknown
    log: Known[LogPosition] | Unknown
    marts: Known[Mapping[str, Any]] | Unknown

    def named(self) -> dict[str, Known[Any] | Unknown]:
        """The parts by name."""
        return {name: getattr(self, name) for name in self.__slots__}


def progress(parts: Parts) -> dict[str, Any]:
    """The answer. Without the project's tree there are no contracts to tell of, and it says why."""
    answer: dict[str, Any] = {
        "gathered_at": time.time(),
        "parts": {name: told(part) for name, part in parts.named().items()},
        "streams": _streams(parts.log),
        "assets": _assets(parts.dagster, parts.marts),
    }
    if isinstance(parts.project, Unknown):
        unknown = parts.project.told()
        return {**answer, "contracts": unknown, "totals": unknown, "problems": []}
    project = parts.project.value
    judged = judge(project.tree.contracts, _evidence(project, parts))
    contracts = [_contract(contract, verdict, project, parts) for contract, verdict in judged]
    counted = Counter(verdict.status.value for _, verdict in judged)
    return {
        **answer,
        "commit": project.tree.commit,
        "contracts": contracts,
        "problems": [*project.tree.problems, *project.tests.history.problems],
        "totals": {
            "contracts": len(contracts),
            **{status.value: counted.get(status.value, 0) for status in Status},
            "files": sum(len(files) for files in project.tree.ownership.files.values()),
            "files_of_nobody": len(project.tree.ownership.nobodys),
            "tests": len(project.tests.newest.outcomes),
            "tests_passed": sum(outcome == "passed" for outcome in project.tests.newest.outcomes.values()),
            "tests_failed": sum(outcome == "failed" for outcome in project.tests.newest.outcomes.values()),
            "tests_stale": len(project.tests.stale),
            "endpoints": sum(len(contract["endpoints"]) for contract in contracts),
            "endpoints_asked": sum(item["ok"] is not None for contract in contracts for item in contract["endpoints"]),
            "endpoints_answering": sum(item["ok"] is True for contract in contracts for item in contract["endpoints"]),
        },
    }


def _evidence(project: Project, parts: Parts) -> Evidence:
    contracts = project.tree.contracts
    answers = parts.answers.value if isinstance(parts.answers, Known) else {}
    facts = parts.dagster.value if isinstance(parts.dagster, Known) else None
    names = [name for contract in contracts for name in contract.heartbeats]
    assets = {name for contract in contracts for name in contract.assets}
    return Evidence(
        files=project.tree.files,
        tests=project.tests.newest.outcomes,
        answers={endpoint: answer.ok for endpoint, answer in answers.items()},
        stale=project.tests.stale,
        materialized={name: name in facts.assets for name in assets} if facts else {},
        checks={name: passed for name, (passed, _) in facts.checks.items()} if facts else {},
        silent=silent(parts.calls.value, names) if isinstance(parts.calls, Known) else {},
        unknown_agents=isinstance(parts.calls, Unknown),
    )


def _contract(contract: Contract, verdict: Verdict, project: Project, parts: Parts) -> dict[str, Any]:
    return {
        "module": contract.module,
        "file": contract.file,
        "agent": contract.agent,
        "summary": contract.summary,
        "claim": contract.claim.value,
        "status": verdict.status.value,
        "reasons": list(verdict.reasons),
        "depends_on": list(contract.depends_on),
        "files": {
            "count": len(project.tree.ownership.files.get(contract.module, ())),
            "outside_allowed": strays(contract, project.tree.ownership),
        },
        "endpoints": [_endpoint(endpoint, parts.answers) for endpoint in contract.endpoints],
        "tests": [_tests(name, project) for name in contract.tests],
        "assets": [_asset(name, parts.dagster) for name in contract.assets],
        "checks": [_check(name, parts.dagster) for name in contract.checks],
        "heartbeats": [_heartbeat(name, parts.calls) for name in contract.heartbeats],
    }


def _endpoint(endpoint: Endpoint, answers: Known[Mapping[Endpoint, Answer]] | Unknown) -> dict[str, Any]:
    shown: dict[str, Any] = {"endpoint": str(endpoint), "expect": endpoint.expect, "ok": None, "ms": None, "said": ""}
    if endpoint.method != "GET":
        return {**shown, "said": "changes something: proved by its tests"}
    if isinstance(answers, Unknown):
        return {**shown, **answers.told()}
    answer = answers.value.get(endpoint)
    if answer is None:
        return {**shown, "said": f"the gateway does not know where {endpoint.service} is"}
    return {**shown, "ok": answer.ok, "ms": answer.ms, "said": answer.said, "age_seconds": age(answers.at)}


def _tests(name: str, project: Project) -> dict[str, Any]:
    found = project.tests.newest
    nodes = [node for node in found.outcomes if stands_for(name, node)]
    counted = Counter(found.outcomes[node] for node in nodes)
    last = max((found.run[node] for node in nodes), key=lambda run: run.ended, default=None)
    return {
        "name": name,
        "passed": counted["passed"],
        "failed": counted["failed"],
        "skipped": counted["skipped"],
        "stale": sum(node in project.tests.stale for node in nodes),
        "failures": [node for node in nodes if found.outcomes[node] == "failed"][:20],
        "commit": last.commit if last else None,
        "ended": last.ended.isoformat(timespec="seconds") if last else None,
    }


def _asset(name: str, dagster: Known[DagsterFacts] | Unknown) -> dict[str, Any]:
    if isinstance(dagster, Unknown):
        return {"asset": name, **dagster.told()}
    facts = dagster.value.assets.get(name)
    if facts is None:
        return {"asset": name, "materialized": False, "age_seconds": None, "run_id": None, "freshness": None}
    return {
        "asset": name,
        "materialized": True,
        "age_seconds": age(facts.at),
        "run_id": facts.run_id or None,
        "freshness": facts.freshness or None,
    }


def _check(name: str, dagster: Known[DagsterFacts] | Unknown) -> dict[str, Any]:
    if isinstance(dagster, Unknown):
        return {"check": name, **dagster.told()}
    passed, at = dagster.value.checks.get(name, (None, None))
    return {"check": name, "passed": passed, "age_seconds": age(at)}


def _heartbeat(name: str, calls: Known[CallFacts] | Unknown) -> dict[str, Any]:
    if isinstance(calls, Unknown):
        return {"agent": name, **calls.told()}
    beat = next((beat for beat in calls.value.beats if beat.agent == name), None)
    return {
        "agent": name,
        "ok": name not in silent(calls.value, [name]),
        "age_seconds": age(beat.beat_ms / 1000) if beat else None,
        "run": beat.run if beat else None,
    }


def _streams(log: Known[LogPosition] | Unknown) -> Any:
    if isinstance(log, Unknown):
        return log.told()
    at = log.value
    return [
        {
            "stream": "statements",
            "entries": at.length,
            "lag": at.lag,
            "pending": at.pending,
            "oldest_pending_ms": at.oldest_pending_ms,
            "watermark_age_ms": max(0, at.now_ms - at.watermark_ms) if at.watermark_ms > 0 else None,
        }
    ]


def _assets(dagster: Known[DagsterFacts] | Unknown, marts: Known[Mapping[str, Any]] | Unknown) -> Any:
    """Every asset with how far it is behind: its age, and for marts what the warehouse says is pending."""
    if isinstance(dagster, Unknown):
        return dagster.told()
    behind = {} if isinstance(marts, Unknown) else marts.value
    pending = behind.get("pending")
    lag = behind.get("oldest_pending_seconds")
    refreshed = behind.get("marts") or {}
    return [
        {
            "asset": name,
            "age_seconds": age(facts.at),
            "freshness": facts.freshness or None,
            "run_id": facts.run_id or None,
            "lag_seconds": (lag or 0.0) if name in refreshed and pending is not None else None,
            "rows": facts.metadata.get("rows", facts.metadata.get("dagster/row_count")),
        }
        for name, facts in sorted(dagster.value.assets.items())
    ]
