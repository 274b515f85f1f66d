"""What a contract is, and reading the files of orchestrator_contracts/. One that is wrong harms no other."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

FOLDER = "orchestrator_contracts"
SCHEMA = f"{FOLDER}/contract_schema.json"


class Status(StrEnum):
    """How far a module is, as the evidence shows it."""

    DRAFT = "draft"  # files are missing
    BLOCKED = "blocked"  # a module it depends on does not work
    FAILING = "failing"  # a test or check failed, an endpoint does not answer as required, an agent is silent
    IN_PROGRESS = "in_progress"  # nothing speaks against it, not everything is proved
    VERIFIED = "verified"  # every named test passed on these files, every endpoint answered, every asset is there
    DRIFTED = "drifted"  # the contract claims what the evidence contradicts


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Something that has to answer: `method` and `path` of a service, with HTTP status `expect`.

    `ask` is the path to ask where `path` has parameters; `shape` a JSON Schema, as text, that the answer has to fit.
    """

    path: str
    method: str = "GET"
    expect: int = 200
    service: str = "gateway"
    ask: str = ""
    shape: str = ""

    def __str__(self) -> str:
        return f"{self.method} {self.path}" + ("" if self.service == "gateway" else f" of {self.service}")

    @classmethod
    def of(cls, item: str | Mapping[str, Any]) -> Endpoint:
        """From an item of `required_endpoints` that the schema has found valid."""
        if isinstance(item, str):
            return cls(item)
        shape = json.dumps(item["shape"]) if "shape" in item else ""
        return cls(**{**item, "shape": shape})


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
    assets: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    heartbeats: tuple[str, ...] = ()
    summary: str = ""

    @classmethod
    def of(cls, file: str, content: Mapping[str, Any]) -> Contract:
        """A contract from JSON that the schema has found valid."""
        return cls(
            file=file,
            module=content["module"],
            agent=content["agent"],
            claim=Status(content["status"]),
            allowed_files=tuple(content["allowed_files"]),
            endpoints=tuple(Endpoint.of(item) for item in content["required_endpoints"]),
            tests=tuple(content.get("tests", ())),
            depends_on=tuple(content.get("depends_on", ())),
            assets=tuple(content.get("assets", ())),
            checks=tuple(content.get("checks", ())),
            heartbeats=tuple(content.get("heartbeats", ())),
            summary=content.get("summary", ""),
        )


def read(root: Path) -> tuple[list[Contract], list[str]]:
    """The contracts that are valid, and what is wrong with the others, `file: where: what`."""
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
        except (ValueError, OSError) as error:
            problems.append(f"{file}: not JSON: {error}")
            continue
        errors = sorted(validator.iter_errors(content), key=str)
        problems += [f"{file}: {error.json_path}: {error.message}" for error in errors]
        if not errors:
            contracts.append(Contract.of(file, content))
    return contracts, problems
