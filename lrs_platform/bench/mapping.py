"""What mapping costs: the composed script with its rules, beside the standard's part alone, on the same statements.

Each round maps the same lines with both in one sandboxed interpreter, one after the other; CPU time is that of its
process, as others may be at work. Needs no running instance.
"""

from __future__ import annotations

import asyncio
import gzip
import os
import time
from itertools import cycle, islice
from pathlib import Path

from lrs_platform.bench.footprint import usage
from lrs_platform.bench.report import Row, medians, show, tracked, write
from lrs_platform.mappings.composing import compose, current
from lrs_platform.mcp_servers.python.sandbox import Limits, Sandbox
from lrs_platform.settings import get_settings

AUTHORITY = '{"account":{"homePage":"https://lrs.example.com","name":"bench"}}'
AT_ONCE = 5000


def mapping(*, rounds: int, statements: int, data: Path | None) -> int:
    """Measure and report, over `statements` of `data`, else of a simulated company."""
    payloads = _payloads(statements, data)
    measured = asyncio.run(_measure(payloads, rounds))
    summary = medians(measured)
    command = f"sh lrs bench mapping --rounds {rounds} --statements {statements}"
    path = write(get_settings().home, "mapping", command, {"rounds": measured, "medians": summary})
    rows = [
        {
            "mapping": name,
            "cpu_us_per_statement": summary[f"{key}_cpu_us"],
            "wall_us_per_statement": summary[f"{key}_wall_us"],
            "against_the_standards_part": summary[f"{key}_cpu_us"] / summary["plain_cpu_us"],
        }
        for name, key in (("in force, with rules", "composed"), ("the standard's part alone", "plain"))
    ]
    show(f"Mapping, {statements:,} statements, median of {rounds} rounds", rows, path)
    return 0


def without_rules(text: str) -> str:
    """A composed script whose rules choose nothing: the least that mapping costs."""
    return text.replace(
        "            chosen = choose(row, fields[3], context, activities)\n", "            chosen = None\n"
    )


async def _measure(payloads: list[str], rounds: int) -> list[Row]:
    settings = get_settings()
    limits = Limits(settings.sandbox_seconds, settings.sandbox_memory_bytes, 200, settings.sandbox_result_bytes)
    scripts = {"composed": current().text, "plain": without_rules(compose(None).text)}
    measured: list[Row] = []
    statements = sum(payload.count("\n") + 1 for payload in payloads)
    async with Sandbox(1, limits).opened() as sandbox:
        for number in tracked("mapping", rounds):
            row: Row = {}
            for name, script in scripts.items() if number % 2 else reversed(scripts.items()):
                cpu, wall = 0.0, 0.0
                for payload in payloads:
                    before, begun = _cpu(), time.perf_counter()
                    done = await sandbox.run(script, {"payload": payload})
                    wall += time.perf_counter() - begun
                    cpu += _cpu() - before
                    if done.error is not None:
                        raise RuntimeError(done.error)
                row[f"{name}_cpu_us"] = cpu / statements * 1e6
                row[f"{name}_wall_us"] = wall / statements * 1e6
            measured.append(row)
    return measured


def _cpu() -> float:
    """CPU seconds of the processes below this one: the interpreter."""
    own = time.process_time()
    return usage({"all": os.getpid()})["all"].cpu_seconds - own


def _payloads(statements: int, data: Path | None) -> list[str]:
    import msgspec

    from lrs_platform.simulate import simulate

    if data:
        opened = gzip.open if data.suffix == ".gz" else open
        with opened(data, "rt", encoding="utf-8") as file:
            texts = [line.strip() for line in islice(file, statements)]
    else:
        texts = [line.decode() for line in simulate(1, 40, 28, lessons=8).statements()]
    lines = []
    for number, text in enumerate(texts):
        try:
            found = msgspec.json.decode(text)
        except msgspec.DecodeError:
            continue  # a wrong one of the company's
        if isinstance(found, dict) and {"id", "actor", "verb", "object"} <= set(found):
            lines.append(f"{1_700_000_000_000 + number}-0\t{found['id']}\t1.0.3\t{AUTHORITY}\t{text}")
    wanted = list(islice(cycle(lines), statements))
    return ["\n".join(wanted[start : start + AT_ONCE]) for start in range(0, len(wanted), AT_ONCE)]
