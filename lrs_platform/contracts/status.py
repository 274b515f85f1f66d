"""The status that evidence gives a contract. Pure: whoever gathers the evidence, the verdict is the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from lrs_platform.contracts.contract import Contract, Endpoint, Status
from lrs_platform.contracts.files import matching

HALTED = frozenset({Status.DRAFT, Status.BLOCKED, Status.FAILING, Status.DRIFTED})


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known. A test, endpoint or asset that is not in here was not run, asked or looked at."""

    files: frozenset[str] = frozenset()
    tests: Mapping[str, str] = field(default_factory=dict)  # node id -> passed, failed, skipped ...
    answers: Mapping[Endpoint, bool] = field(default_factory=dict)
    modules: Mapping[str, Status] = field(default_factory=dict)  # statuses of the modules depended on
    stale: frozenset[str] = frozenset()  # node ids that were run on other files than these
    materialized: Mapping[str, bool] = field(default_factory=dict)  # asset -> whether it ever was
    checks: Mapping[str, bool] = field(default_factory=dict)  # asset:check -> whether its last evaluation passed
    silent: Mapping[str, str] = field(default_factory=dict)  # agents that should be at work and are not -> since when
    unknown_agents: bool = False  # nobody can say who is at work


@dataclass(frozen=True, slots=True)
class Verdict:
    """A derived status and why it is not `verified`."""

    status: Status
    reasons: tuple[str, ...] = ()


def derive_status(contract: Contract, evidence: Evidence) -> Verdict:
    """The status that `evidence` gives `contract`; drifted where its claim says more than the evidence allows."""
    verdict = _without_claim(contract, evidence)
    contradicted = {
        Status.VERIFIED: {Status.DRAFT, Status.BLOCKED, Status.FAILING},
        Status.IN_PROGRESS: {Status.DRAFT},
    }.get(contract.claim, set())
    if verdict.status in contradicted:
        return Verdict(Status.DRIFTED, (f"claims {contract.claim}, is {verdict.status}", *verdict.reasons))
    return verdict


def judge(contracts: Iterable[Contract], evidence: Evidence) -> list[tuple[Contract, Verdict]]:
    """Contracts with their verdicts, those depended on first. In a circle of dependencies nothing is blocked."""
    waiting = {contract.module: contract for contract in contracts}
    verdicts: dict[str, tuple[Contract, Verdict]] = {}
    while waiting:
        ready = [item for item in waiting.values() if not any(name in waiting for name in item.depends_on)]
        for contract in ready or list(waiting.values()):
            known = {name: verdict.status for name, (_, verdict) in verdicts.items()}
            verdicts[contract.module] = contract, derive_status(contract, replace(evidence, modules=known))
            del waiting[contract.module]
    return sorted(verdicts.values(), key=lambda pair: pair[0].file)


def outcomes(name: str, tests: Mapping[str, str]) -> list[str]:
    """Outcomes of the tests that `name` (a folder, a file or a node id) stands for."""
    return [outcome for node, outcome in tests.items() if stands_for(name, node)]


def stands_for(name: str, node: str) -> bool:
    """Whether the folder, file or node id `name` includes the test `node`."""
    return node == name or node.startswith((f"{name}/", f"{name}::", f"{name}["))


def _without_claim(contract: Contract, evidence: Evidence) -> Verdict:
    missing = [pattern for pattern in contract.allowed_files if not any(matching(pattern, evidence.files))]
    if missing:
        return Verdict(Status.DRAFT, tuple(f"no file matches {pattern}" for pattern in missing))
    stopped = [name for name in contract.depends_on if evidence.modules.get(name) in HALTED]
    if stopped:
        return Verdict(Status.BLOCKED, tuple(f"{name} is {evidence.modules[name]}" for name in stopped))
    wrong = _wrong(contract, evidence)
    if wrong:
        return Verdict(Status.FAILING, tuple(wrong))
    unproved = _unproved(contract, evidence)
    if unproved or not contract.tests:
        return Verdict(Status.IN_PROGRESS, tuple(unproved) or ("names no tests",))
    return Verdict(Status.VERIFIED)


def _wrong(contract: Contract, evidence: Evidence) -> list[str]:
    """What speaks against the module."""
    failed = {name: outcomes(name, evidence.tests).count("failed") for name in contract.tests}
    wrong = [f"{name}: {count} failed" for name, count in failed.items() if count]
    wrong += [
        f"{endpoint} does not answer {endpoint.expect}" + (" in its shape" if endpoint.shape else "")
        for endpoint in contract.endpoints
        if evidence.answers.get(endpoint) is False
    ]
    wrong += [f"check {name} failed" for name in contract.checks if evidence.checks.get(name) is False]
    wrong += [f"{agent} {evidence.silent[agent]}" for agent in contract.heartbeats if agent in evidence.silent]
    return wrong


def _unproved(contract: Contract, evidence: Evidence) -> list[str]:
    """What nobody has shown yet."""
    unproved = []
    for name in contract.tests:
        passed = [node for node, outcome in evidence.tests.items() if outcome == "passed" and stands_for(name, node)]
        if not passed:
            unproved.append(f"{name}: no passed test known")
        elif all(node in evidence.stale for node in passed):
            unproved.append(f"{name}: passed, but files have changed since")
    unproved += [
        f"{endpoint}: not asked"
        for endpoint in contract.endpoints
        if endpoint.method == "GET" and endpoint not in evidence.answers  # others change something: tests prove them
    ]
    unproved += [
        f"asset {name}: {'never materialised' if name in evidence.materialized else 'not looked at'}"
        for name in contract.assets
        if not evidence.materialized.get(name)
    ]
    if evidence.unknown_agents:
        unproved += [f"{agent}: nobody can say whether it is at work" for agent in contract.heartbeats]
    unproved += [f"check {name}: not evaluated" for name in contract.checks if name not in evidence.checks]
    return unproved
