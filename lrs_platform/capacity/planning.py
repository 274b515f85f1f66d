"""From what a company does to what it needs: cores, processes, memory and disk, from measured costs.

Belongs here: the arithmetic, and the limits of one process of each kind. Not here: the figures (costs.py), waiting
times (simulation.py). A plan is for the busiest second of the day, and leaves room: processors that are more than
`busy` at work make everybody wait.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from lrs_platform.capacity.costs import Costs

DAY = 86_400
GIB = 2**30


@dataclass(frozen=True, slots=True)
class Workload:
    """What comes in. `peak`: the busiest second against the mean of the day; `batch`: statements in a request."""

    learners: int
    statements_per_day: float
    peak: float = 10.0
    batch: float = 1.0
    pages_per_day: float = 0.0  # GETs of a page of 100 statements
    log_hours: float = 24.0
    keep_days: float = 365.0

    @property
    def peak_rate(self) -> float:
        """Statements in the busiest second."""
        return self.statements_per_day / DAY * self.peak


@dataclass(frozen=True, slots=True)
class Need:
    """What one kind of process needs: cores at the peak, how many of them, memory in MB of all of them."""

    process: str
    cores: float
    count: int
    memory_mb: float
    why: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What it takes. Sizes in bytes; `logs` are logs, each with a loader of its own."""

    workload: Workload
    needs: tuple[Need, ...]
    logs: int
    log_memory: float
    log_disk: float
    postgres_disk: float

    @property
    def cores(self) -> float:
        """Of all processes, at the peak, without room."""
        return sum(need.cores for need in self.needs)

    @property
    def memory(self) -> float:
        """Bytes of all processes and the log."""
        return sum(need.memory_mb for need in self.needs) * 2**20 + self.log_memory

    @property
    def fits_one_machine(self) -> bool:
        """Whether `sh lrs up` on one machine that can be bought does: one log, 16 cores, 64 GB with room for pages."""
        return self.logs == 1 and self.cores <= 10 and self.memory <= 40 * GIB


def loader_limit(costs: Costs, *, batch_size: int, in_flight: int) -> float:
    """Statements a second that one loader loads where cores and disk are no limit: its slowest single part.

    The code server is one thread; sandbox, warehouse and Postgres have one for each batch in flight.
    """
    a_batch = {name: cost.of(batch_size) for name, cost in costs.loading.items()}
    behind = a_batch["warehouse"] + a_batch["postgres"] + costs.disk_wait * batch_size
    return batch_size / max(
        a_batch["code-server"],
        (a_batch["python"] + behind) / in_flight,  # the two stages of a batch follow each other
    )


def plan(
    workload: Workload, costs: Costs, *, busy: float = 0.6, batch_size: int = 5000, in_flight: int = 2,
    linger: float = 0.015,
) -> Plan:  # fmt: skip
    """What the workload needs, at most `busy` of every core at work in the busiest second."""
    rate = workload.peak_rate
    requests = rate / workload.batch
    logs = max(1, math.ceil(rate / (busy * loader_limit(costs, batch_size=batch_size, in_flight=in_flight))))
    # A loader makes a batch of what came in while it waited, so that a trickle costs batches, and a flood statements.
    batches = min(requests, logs / linger) if rate / logs < batch_size / linger else rate / batch_size
    pages = workload.pages_per_day / DAY * workload.peak
    accepting = {
        name: cost.unit * requests + cost.statement * rate
        for name, cost in costs.accepting.items()
        if name != "generator"
    }
    loading = {name: cost.unit * batches + cost.statement * rate for name, cost in costs.loading.items()}
    marts = (costs.marts_refresh + costs.marts_run) / 30.0 if rate else 0.0  # LRS_MARTS_EVERY_SECONDS
    memory = costs.memory_mb
    gateway = accepting["gateway"] + pages * costs.reading["gateway"]
    redis = accepting["redis"] + loading["redis"]
    warehouse = loading["warehouse"] + pages * costs.reading["warehouse"]
    postgres = loading["postgres"] + pages * costs.reading["postgres"] + marts
    gateways = max(1, math.ceil(gateway / busy))
    log_entries = workload.statements_per_day * workload.log_hours / 24
    needs = (
        Need("gateway", gateway, gateways, gateways * memory["gateway"], "one thread each"),
        Need("redis", redis, max(logs, math.ceil(redis / busy)), 0, "one thread a log; memory is the log's"),
        Need("code-server", loading["code-server"] + marts / 2, logs, logs * memory["code-server"],
             "a loader each"),
        Need("python", loading["python"], logs, logs * memory["python"], f"{in_flight} workers each"),
        Need("warehouse", warehouse, max(logs, math.ceil(warehouse / busy)), logs * memory["warehouse"]),
        Need("postgres", postgres, 1 if logs == 1 else math.ceil(logs / 2), memory["postgres"] * logs,
             "" if logs == 1 else "Citus workers"),
        Need("dbhub, daemon, webserver", 0.05, 3, memory["dbhub"] + memory["daemon"] + memory["webserver"]),
    )  # fmt: skip
    size = costs.bytes
    a_statement = size["record"] + size["events"] + size["marts"]
    return Plan(
        workload,
        needs,
        max(need.count for need in needs if need.process in ("redis", "code-server")),
        log_memory=log_entries * size["log_memory"],
        log_disk=2 * log_entries * size["log_disk"],  # a rewrite of the file needs as much again
        postgres_disk=1.5 * workload.statements_per_day * workload.keep_days * a_statement,  # WAL, bloat, an index anew
    )
