"""`lrs contracts show`: every module with its claim, the status that the evidence gives it, and why."""

from __future__ import annotations

from pathlib import Path

from lrs_platform.contracts.checking import gather
from lrs_platform.contracts.contract import Status, read
from lrs_platform.contracts.status import judge

COLOURS = {Status.VERIFIED: "green", Status.FAILING: "red", Status.DRIFTED: "red", Status.BLOCKED: "yellow"}


def show(root: Path) -> int:
    """Print every contract with claim, derived status and reasons; 1 when one is failing or drifted, else 0."""
    from rich.console import Console
    from rich.table import Column, Table

    contracts, problems = read(root)
    table = Table(
        Column("module", no_wrap=True), "claim", Column("status", no_wrap=True), Column("why", overflow="fold")
    )
    judged = judge(contracts, gather(root, contracts))
    for contract, verdict in judged:
        status = f"[{COLOURS.get(verdict.status, 'default')}]{verdict.status}[/]"
        table.add_row(contract.module, contract.claim, status, "\n".join(verdict.reasons[:5]))
    console = Console()
    console.print(table)
    for problem in problems:
        console.print(problem, style="red", markup=False)
    return int(bool(problems) or any(verdict.status in (Status.FAILING, Status.DRIFTED) for _, verdict in judged))
