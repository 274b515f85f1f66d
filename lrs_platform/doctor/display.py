"""How findings are shown: a line each while they come, with advice below those that need it; or JSON for programs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict

from rich.text import Text

from lrs_platform.doctor.finding import Finding, Level
from lrs_platform.local.display import out, say

STYLES = {Level.OK: "green", Level.WARN: "yellow", Level.FAIL: "red"}
PART_WIDTH = 24


def show(findings: Iterable[Finding], *, as_json: bool) -> Iterator[Finding]:
    """Show findings and hand them on."""
    counts: Counter[Level] = Counter()
    kept = []
    for finding in findings:
        counts[finding.level] += 1
        kept.append(finding)
        if not as_json:
            _line(finding)
        yield finding
    if as_json:
        numbers = {str(level): counts[level] for level in Level}
        out.print_json(json.dumps({"well": not counts[Level.FAIL], **numbers, "findings": [asdict(f) for f in kept]}))
    else:
        say(f"\n{counts[Level.OK]} ok, {counts[Level.WARN]} to look at, {counts[Level.FAIL]} to mend")


def _line(finding: Finding) -> None:
    head = Text(f"{finding.level:<5}", style=STYLES[finding.level])
    out.print(head + Text(f"{finding.part:<{PART_WIDTH}} ", style="bold") + Text(finding.told, style=""))
    if finding.advice:
        out.print(Text(f"{'':<5}{'':<{PART_WIDTH}} -> {finding.advice}"))
