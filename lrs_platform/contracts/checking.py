"""`lrs contracts check`: where contracts and tree do not agree; and the evidence at hand of a command line.

Belongs here: what can be said without a running instance, and with one what its endpoints answer. Not here: assets'
runs and heartbeats, which the gateway's /api/debug/progress knows.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from lrs_platform.contracts.contract import Contract, Endpoint, Status, read
from lrs_platform.contracts.files import Ownership, matching, owners, project_files
from lrs_platform.contracts.probing import Answer, probe
from lrs_platform.contracts.status import Evidence, judge
from lrs_platform.contracts.test_history import fingerprints, history, newest, report_directories, stale
from lrs_platform.settings import get_settings

PATIENCE_SECONDS = 60.0


def check(root: Path) -> list[str]:
    """Everything that is wrong with the contracts of the tree at `root`, a line each; empty when all is well."""
    contracts, problems = read(root)
    files = project_files(root)
    problems += ownership_problems(contracts, files, owners(contracts, files))
    problems += _names(contracts, files)
    problems += _endpoints(root, contracts)
    problems += untested(root, contracts, files)
    problems += _assets(contracts)
    answers = _answers(contracts)
    problems += [f"{endpoint}: {answer.said}" for endpoint, answer in answers.items() if not answer.ok]
    for contract, verdict in judge(contracts, gather(root, contracts, answers)):
        if verdict.status is Status.DRIFTED:
            problems.append(f"{contract.file}: drifted: {'; '.join(verdict.reasons)}")
    return problems


def gather(root: Path, contracts: Sequence[Contract], answers: dict[Endpoint, Answer] | None = None) -> Evidence:
    """The evidence at hand: the test runs, and the answers of the running instance if there is one."""
    settings = get_settings()
    found = newest(history(report_directories(settings.home, root, settings.reports_dir)).runs, root)
    asked = _answers(contracts) if answers is None else answers
    tests_of = {contract.module: contract.tests for contract in contracts}
    return Evidence(
        files=project_files(root),
        tests=found.outcomes,
        answers={endpoint: answer.ok for endpoint, answer in asked.items()},
        stale=stale(found, fingerprints(root), tests_of),
    )


def ownership_problems(contracts: Sequence[Contract], files: frozenset[str], ownership: Ownership) -> list[str]:
    """Patterns without a file; files of the package that belong to no contract or to several."""
    problems = [
        f"{contract.file}: allowed_files: nothing matches {pattern}"
        for contract in contracts
        for pattern in contract.allowed_files
        if not any(matching(pattern, files))
    ]
    rule = "it has to belong to exactly one"
    problems += [f"{file} belongs to no contract: {rule}" for file in ownership.nobodys]
    problems += [
        f"{file} belongs to {' and '.join(modules)}: {rule}" for file, modules in sorted(ownership.disputed.items())
    ]
    return problems


def untested(root: Path, contracts: Sequence[Contract], files: frozenset[str]) -> list[str]:
    """Required endpoints whose path stands in no test of the project, nor its parts before a parameter."""
    tests = [file for file in files if file.startswith("lrs_platform_tests/") and file.endswith(".py")]
    text = "\n".join((root / file).read_text(encoding="utf-8") for file in sorted(tests))
    return [
        f"{contract.file}: required_endpoints: no test asks {endpoint}"
        for contract in contracts
        for endpoint in contract.endpoints
        if endpoint.path.partition("{")[0] not in text
    ]


def _names(contracts: Sequence[Contract], files: frozenset[str]) -> list[str]:
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


def _endpoints(root: Path, contracts: Sequence[Contract]) -> list[str]:
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
                health = services.get(endpoint.service, {}).get("healthcheck", {}).get("test", [])
                known = any(endpoint.path in str(word) for word in health)
            if not known:
                problems.append(
                    f"{contract.file}: required_endpoints: {endpoint} is in no OpenAPI path or health check"
                )
    return problems


def _assets(contracts: Sequence[Contract]) -> list[str]:
    """Assets and checks that the code location does not define."""
    named = [contract for contract in contracts if contract.assets or contract.checks]
    if not named:
        return []
    from lrs_platform.definitions import defs

    graph = defs.resolve_asset_graph()
    assets = {key.to_user_string() for key in graph.get_all_asset_keys()}
    checks = {f"{key.asset_key.to_user_string()}:{key.name}" for key in graph.asset_check_keys}
    problems = []
    for contract in named:
        problems += [f"{contract.file}: assets: no asset {name}" for name in contract.assets if name not in assets]
        problems += [f"{contract.file}: checks: no check {name}" for name in contract.checks if name not in checks]
    return problems


def _answers(contracts: Sequence[Contract]) -> dict[Endpoint, Answer]:
    """What the GET endpoints of the running instance answer; empty where none runs: no evidence, for or against.

    What did not answer in time is asked again, alone and with patience: how busy a machine is must not decide.
    """
    import asyncio

    credentials = get_settings().home / "credentials.json"
    if not credentials.exists():
        return {}
    kept = json.loads(credentials.read_text(encoding="utf-8"))

    async def ask() -> dict[Endpoint, Answer]:
        import httpx

        async with httpx.AsyncClient(trust_env=False) as client:
            try:
                await client.get(f"{kept['urls']['gateway']}/health/live")
            except httpx.HTTPError:
                return {}
            endpoints = [item for contract in contracts for item in contract.endpoints]
            xapi = (kept["username"], kept["password"])
            answers = await probe(client, endpoints, kept["urls"], token=kept["admin_token"], xapi=xapi)
            late = [endpoint for endpoint, answer in answers.items() if answer.late]
            return answers | await probe(
                client, late, kept["urls"], token=kept["admin_token"], xapi=xapi, seconds=PATIENCE_SECONDS, at_once=1
            )

    return asyncio.run(ask())
