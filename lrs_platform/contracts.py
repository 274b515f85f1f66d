"""Contracts of modules, held against the evidence. A status is derived here, never believed.

Belongs here: reading orchestrator_contracts/*.json, whether they fit the tree, and what status the evidence gives.
Not here: running tests or starting anything; evidence is what the last test run left and a running instance answers.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import httpx

from lrs_platform.settings import get_settings

FOLDER = "orchestrator_contracts"
SCHEMA = f"{FOLDER}/contract_schema.json"
PACKAGE = "lrs_platform/"
NOT_OURS = {".git", ".venv", ".boot", "node_modules", "__pycache__"}


class Status(StrEnum):
    """How far a module is, as the evidence shows it."""

    DRAFT = "draft"  # files are missing
    BLOCKED = "blocked"  # a module it depends on does not work
    FAILING = "failing"  # a test failed or an endpoint does not answer as required
    IN_PROGRESS = "in_progress"  # nothing speaks against it, not everything is proved
    VERIFIED = "verified"  # every named test passed, every endpoint answered
    DRIFTED = "drifted"  # the contract claims what the evidence contradicts


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Something that has to answer: `method` and `path` of a service, with HTTP status `expect`."""

    path: str
    method: str = "GET"
    expect: int = 200
    service: str = "gateway"

    def __str__(self) -> str:
        return f"{self.method} {self.path}" + ("" if self.service == "gateway" else f" of {self.service}")


@dataclass(frozen=True, slots=True)
class Contract:
    """One contract file. `claim` is its typed status."""

    file: str
    module: str
    agent: str
    claim: Status
    allowed_files: tuple[str, ...]
    endpoints: tuple[Endpoint, ...]
    tests: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()

    @classmethod
    def of(cls, file: str, content: Mapping[str, Any]) -> Contract:
        """A contract from JSON that the schema has found valid."""
        return cls(
            file=file,
            module=content["module"],
            agent=content["agent"],
            claim=Status(content["status"]),
            allowed_files=tuple(content["allowed_files"]),
            endpoints=tuple(
                Endpoint(item) if isinstance(item, str) else Endpoint(**item) for item in content["required_endpoints"]
            ),
            tests=tuple(content.get("tests", ())),
            depends_on=tuple(content.get("depends_on", ())),
        )


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known. A test or endpoint that is not in here was not run or asked."""

    files: frozenset[str] = frozenset()
    tests: Mapping[str, str] = field(default_factory=dict)  # node id -> passed, failed, skipped ...
    answers: Mapping[Endpoint, bool] = field(default_factory=dict)
    modules: Mapping[str, Status] = field(default_factory=dict)  # statuses of the modules depended on


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


def _without_claim(contract: Contract, evidence: Evidence) -> Verdict:
    missing = [pattern for pattern in contract.allowed_files if not any(matching(pattern, evidence.files))]
    if missing:
        return Verdict(Status.DRAFT, tuple(f"no file matches {pattern}" for pattern in missing))
    halted = {Status.DRAFT, Status.BLOCKED, Status.FAILING, Status.DRIFTED}
    stopped = [name for name in contract.depends_on if evidence.modules.get(name) in halted]
    if stopped:
        return Verdict(Status.BLOCKED, tuple(f"{name} is {evidence.modules[name]}" for name in stopped))
    results = {name: outcomes(name, evidence.tests) for name in contract.tests}
    wrong = [f"{name}: {found.count('failed')} failed" for name, found in results.items() if "failed" in found]
    wrong += [
        f"{endpoint} does not answer {endpoint.expect}"
        for endpoint in contract.endpoints
        if evidence.answers.get(endpoint) is False
    ]
    if wrong:
        return Verdict(Status.FAILING, tuple(wrong))
    unproved = [f"{name}: no passed test known" for name, found in results.items() if "passed" not in found]
    unproved += [
        f"{endpoint}: not asked"
        for endpoint in contract.endpoints
        if endpoint.method == "GET" and endpoint not in evidence.answers  # others change something: tests prove them
    ]
    if unproved or not contract.tests:
        return Verdict(Status.IN_PROGRESS, tuple(unproved) or ("names no tests",))
    return Verdict(Status.VERIFIED)


def outcomes(name: str, tests: Mapping[str, str]) -> list[str]:
    """Outcomes of the tests that `name` (a folder, a file or a node id) stands for."""
    return [
        outcome
        for node, outcome in tests.items()
        if node == name or node.startswith((f"{name}/", f"{name}::", f"{name}["))
    ]


def check(root: Path) -> list[str]:
    """Everything that is wrong with the contracts of the tree at `root`, a line each; empty when all is well."""
    contracts, problems = read(root)
    files = project_files(root)
    problems += _ownership(contracts, files)
    problems += _names(contracts, files)
    problems += _endpoints(root, contracts)
    for contract, verdict in judge(contracts, gather(root, contracts)):
        if verdict.status is Status.DRIFTED:
            problems.append(f"{contract.file}: drifted: {'; '.join(verdict.reasons)}")
    return problems


def show(root: Path) -> int:
    """Print every contract with claim, derived status and reasons; 1 when one is failing or drifted, else 0."""
    from rich.console import Console
    from rich.table import Column, Table

    contracts, problems = read(root)
    colours = {Status.VERIFIED: "green", Status.FAILING: "red", Status.DRIFTED: "red", Status.BLOCKED: "yellow"}
    table = Table(
        Column("module", no_wrap=True), "claim", Column("status", no_wrap=True), Column("why", overflow="fold")
    )
    judged = judge(contracts, gather(root, contracts))
    for contract, verdict in judged:
        status = f"[{colours.get(verdict.status, 'default')}]{verdict.status}[/]"
        table.add_row(contract.module, contract.claim, status, "\n".join(verdict.reasons[:5]))
    console = Console()
    console.print(table)
    for problem in problems:
        console.print(problem, style="red", markup=False)
    return int(bool(problems) or any(verdict.status in (Status.FAILING, Status.DRIFTED) for _, verdict in judged))


def judge(contracts: Iterable[Contract], evidence: Evidence) -> list[tuple[Contract, Verdict]]:
    """Contracts with their verdicts, those depended on first. In a circle of dependencies nothing is blocked."""
    waiting = {contract.module: contract for contract in contracts}
    verdicts: dict[str, tuple[Contract, Verdict]] = {}
    while waiting:
        ready = [item for item in waiting.values() if not any(name in waiting for name in item.depends_on)]
        for contract in ready or list(waiting.values()):
            known = {name: verdict.status for name, (_, verdict) in verdicts.items()}
            facts = Evidence(evidence.files, evidence.tests, evidence.answers, known)
            verdicts[contract.module] = contract, derive_status(contract, facts)
            del waiting[contract.module]
    return sorted(verdicts.values(), key=lambda pair: pair[0].file)


def read(root: Path) -> tuple[list[Contract], list[str]]:
    """The contracts that are valid, and what is wrong with the others."""
    from jsonschema import Draft202012Validator

    validator = Draft202012Validator(json.loads((root / SCHEMA).read_text(encoding="utf-8")))
    contracts: list[Contract] = []
    problems: list[str] = []
    for path in sorted((root / FOLDER).glob("*.json")):
        file = path.relative_to(root).as_posix()
        if file == SCHEMA:
            continue
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            problems.append(f"{file}: not JSON: {error}")
            continue
        errors = sorted(validator.iter_errors(content), key=str)
        problems += [f"{file}: {error.json_path}: {error.message}" for error in errors]
        if not errors:
            contracts.append(Contract.of(file, content))
    return contracts, problems


def _ownership(contracts: list[Contract], files: frozenset[str]) -> list[str]:
    """Patterns without a file; files of the package that belong to no contract or to several."""
    owners: dict[str, list[str]] = {}
    problems = []
    for contract in contracts:
        for pattern in contract.allowed_files:
            found = list(matching(pattern, files))
            if not found:
                problems.append(f"{contract.file}: allowed_files: nothing matches {pattern}")
            for file in found:
                if contract.module not in owners.setdefault(file, []):
                    owners[file].append(contract.module)
    for file in sorted(name for name in files if name.startswith(PACKAGE)):
        modules = owners.get(file, [])
        if len(modules) != 1:
            problems.append(
                f"{file} belongs to {' and '.join(modules) or 'no contract'}: it has to belong to exactly one"
            )
    return problems


def _names(contracts: list[Contract], files: frozenset[str]) -> list[str]:
    """Modules named twice; dependencies and tests that do not exist."""
    modules = [contract.module for contract in contracts]
    problems = [
        f"module {name} has {modules.count(name)} contracts" for name in sorted(set(modules)) if modules.count(name) > 1
    ]
    for contract in contracts:
        problems += [
            f"{contract.file}: depends_on: no module {name}" for name in contract.depends_on if name not in modules
        ]
        for name in contract.tests:
            file = name.partition("::")[0]
            if file not in files and not any(other.startswith(f"{file}/") for other in files):
                problems.append(f"{contract.file}: tests: {name} does not exist")
    return problems


def _endpoints(root: Path, contracts: list[Contract]) -> list[str]:
    """Endpoints that neither the gateway's OpenAPI nor a health check of docker-compose.yml knows."""
    import yaml

    from lrs_platform.gateway.app import create_app

    described = create_app().openapi()["paths"]
    services = yaml.safe_load((root / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
    problems = []
    for contract in contracts:
        for endpoint in contract.endpoints:
            if endpoint.service == "gateway":
                known = endpoint.method.lower() in described.get(endpoint.path, {})
            else:
                probe = services.get(endpoint.service, {}).get("healthcheck", {}).get("test", [])
                known = any(endpoint.path in str(word) for word in probe)
            if not known:
                problems.append(
                    f"{contract.file}: required_endpoints: {endpoint} is in no OpenAPI path or health check"
                )
    return problems


def gather(root: Path, contracts: Iterable[Contract]) -> Evidence:
    """The evidence at hand: the newest test report, and the answers of the running instance if there is one."""
    home = get_settings().home
    return Evidence(project_files(root), _last_report(root, home), _probe(home, contracts))


def _last_report(root: Path, home: Path) -> dict[str, str]:
    """Node id -> outcome of the newest CTRF report of this home or of `sh lrs test`; empty where there is none."""
    reports = [*home.glob("reports/*.json"), *root.glob(".lrs-test/reports/*.json")]
    for report in sorted(reports, key=lambda path: path.stat().st_mtime, reverse=True):
        content = json.loads(report.read_text(encoding="utf-8"))
        if "results" in content:
            return {test["name"]: test["status"] for test in content["results"]["tests"]}
    return {}


def _probe(home: Path, contracts: Iterable[Contract]) -> dict[Endpoint, bool]:
    """Whether the GET endpoints of a running instance answer as required; empty where none runs."""
    credentials = home / "credentials.json"
    if not credentials.exists():
        return {}
    kept = json.loads(credentials.read_text(encoding="utf-8"))
    answers: dict[Endpoint, bool] = {}
    login = {"authorization": f"Bearer {kept['admin_token']}", "accept": "application/json"}
    xapi = httpx.BasicAuth(kept["username"], kept["password"])
    with httpx.Client(timeout=10.0) as client:
        try:
            client.get(f"{kept['urls']['gateway']}/health/live")
        except httpx.HTTPError:
            return {}  # not running: no evidence, for or against
        for endpoint in {item for contract in contracts for item in contract.endpoints if item.method == "GET"}:
            address = kept["urls"][endpoint.service].removesuffix("/mcp") + endpoint.path
            try:
                if endpoint.path.startswith("/xAPI/"):
                    answer = client.get(address, auth=xapi, headers={"x-experience-api-version": "1.0.3"})
                else:
                    answer = client.get(address, headers=login if endpoint.service == "gateway" else {})
                answers[endpoint] = answer.status_code == endpoint.expect
            except httpx.HTTPError:
                answers[endpoint] = False
    return answers


def project_files(root: Path) -> frozenset[str]:
    """Every file of the project, from its root, without what is installed or made."""
    found = set()
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in NOT_OURS and not name.startswith(".lrs")]
        found |= {(Path(folder) / name).relative_to(root).as_posix() for name in names if not name.endswith(".pyc")}
    return frozenset(found)


def matching(pattern: str, files: Iterable[str]) -> Iterable[str]:
    """The files that `pattern` means: * and ? within a folder, ** through folders."""
    pieces = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", pattern)
    expression = re.compile("".join(pieces.get(part, re.escape(part)) for part in parts))
    return (file for file in files if expression.fullmatch(file))
