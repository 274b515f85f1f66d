"""The pipeline in virtual time: requests, threads, cores and the disk, with measured times, to see where it saturates.

Belongs here: what waits for what. Not here: the figures (costs.py). A discrete simulation (simpy, extra `dev`): a stage
holds its thread and, for each slice of a few milliseconds, a core; so stages share a machine as they do under its
kernel. What it leaves out: checkpoints, garbage collection, readers, a second refresh of the marts.
"""

from __future__ import annotations

import random
import statistics
from collections import deque
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lrs_platform.capacity.costs import Costs

if TYPE_CHECKING:
    from simpy import Environment, Resource

SLICE = 0.004  # seconds for which a thread keeps its core while others wait
Steps = Generator[Any, Any, None]


@dataclass(frozen=True, slots=True)
class Deployment:
    """What runs. `cores` are of one machine for all; each log is a thread with a loader of its own."""

    cores: int = 2
    gateways: int = 1
    logs: int = 1
    in_flight: int = 2
    batch_size: int = 5000
    linger: float = 0.015
    disk_share: float = 1.0  # 1: the disk that the costs were measured on; 0.5: one that is twice as fast


@dataclass(frozen=True, slots=True)
class Traffic:
    """What comes. Open: `rate` statements a second in requests of `batch`, at random; or closed: so many `connections`,
    each sending the next request when the last was answered.
    """

    rate: float = 0.0
    batch: int = 1
    connections: int = 0


@dataclass(slots=True)
class Outcome:
    """What came of it: statements a second, milliseconds, statements left in the log, share of time at work by part."""

    accepted_per_s: float = 0.0
    loaded_per_s: float = 0.0
    accept_ms: list[float] = field(default_factory=list)
    fresh_ms: list[float] = field(default_factory=list)
    backlog: int = 0
    busy: dict[str, float] = field(default_factory=dict)

    def percentile(self, which: str, percent: int) -> float:
        """Of `accept_ms` or `fresh_ms`; infinite where there was none."""
        values = getattr(self, which)
        return statistics.quantiles(values, n=100)[percent - 1] if len(values) > 1 else float("inf")

    @property
    def limit(self) -> str:
        """The part that is busiest."""
        return max(self.busy, key=lambda name: self.busy[name])


def simulate(
    deployment: Deployment, traffic: Traffic, costs: Costs, *,
    seconds: float = 20.0, seed: int = 1, loading: bool = True, backlog: int = 0,
) -> Outcome:  # fmt: skip
    """Run the pipeline for `seconds` of virtual time; with `backlog` statements waiting at first, without accepting if
    there is no traffic. The first fifth is a start-up that does not count.
    """
    run = _Run(deployment, traffic, costs, seconds, random.Random(seed))
    run.start(loading=loading, backlog=backlog)
    run.env.run(until=seconds)
    return run.outcome()


class _Run:
    """One run: its resources and what was seen."""

    def __init__(
        self, deployment: Deployment, traffic: Traffic, costs: Costs, seconds: float, dice: random.Random
    ) -> None:
        import simpy

        self.env: Environment = simpy.Environment()
        self._deployment, self._traffic, self._costs = deployment, traffic, costs
        self._seconds, self._counts_from, self._dice = seconds, seconds / 5, dice
        self._cores = simpy.Resource(self.env, deployment.cores)
        self._gateways = [simpy.Resource(self.env, 1) for _ in range(deployment.gateways)]
        logs = range(deployment.logs)
        self._log_threads = [simpy.Resource(self.env, 1) for _ in logs]
        self._loops = [simpy.Resource(self.env, 1) for _ in logs]  # the code servers' threads
        self._disk = simpy.Resource(self.env, 1)
        self._waiting: list[deque[tuple[float, int]]] = [deque() for _ in logs]
        self._arrived = [self.env.event() for _ in logs]
        self._worked: dict[str, float] = {}
        self._accepted = self._loaded = 0
        self._outcome = Outcome()

    def start(self, *, loading: bool, backlog: int) -> None:
        """Begin what goes on by itself."""
        for number, waiting in enumerate(self._waiting):
            share = backlog // self._deployment.logs
            while share > 0:
                waiting.append((0.0, min(50, share)))
                share -= 50
            if loading:
                self.env.process(self._loader(number))
        if self._traffic.connections:
            for number in range(self._traffic.connections):
                self.env.process(self._connection(number))
        elif self._traffic.rate:
            self.env.process(self._arrivals())

    def outcome(self) -> Outcome:
        """What was seen since the start-up ended."""
        counted = self._seconds - self._counts_from
        threads = {
            "cores": self._deployment.cores, "gateway": self._deployment.gateways, "redis": self._deployment.logs,
            "code-server": self._deployment.logs, "disk": 1, "loading": self._deployment.logs
            * self._deployment.in_flight,
        }  # fmt: skip
        self._outcome.accepted_per_s = self._accepted / counted
        self._outcome.loaded_per_s = self._loaded / counted
        self._outcome.backlog = sum(size for waiting in self._waiting for _, size in waiting)
        self._outcome.busy = {name: self._worked.get(name, 0.0) / counted / count for name, count in threads.items()}
        return self._outcome

    # accepting

    def _arrivals(self) -> Steps:
        """Requests of many senders, each at any time."""
        while True:
            yield self.env.timeout(self._dice.expovariate(self._traffic.rate / self._traffic.batch))
            self.env.process(self._request(self._dice.randrange(1 << 16)))

    def _connection(self, number: int) -> Steps:
        generator = self._costs.accepting["generator"]
        while True:
            yield from self._compute(generator.of(self._traffic.batch))
            yield from self._request(number)

    def _request(self, number: int) -> Steps:
        began, size, accepting = self.env.now, self._traffic.batch, self._costs.accepting
        with (gateway := self._gateways[number % len(self._gateways)]).request() as turn:
            yield turn
            yield from self._as("gateway", self._compute(accepting["gateway"].of(size)))
        del gateway
        log = number % len(self._log_threads)
        with self._log_threads[log].request() as turn:
            yield turn
            yield from self._as("redis", self._compute(accepting["redis"].of(size)))
        self._waiting[log].append((self.env.now, size))
        self._accepted += self._counts(size)
        if self._counts(1):
            self._outcome.accept_ms.append((self.env.now - began) * 1000)
        if not self._arrived[log].triggered:
            self._arrived[log].succeed()

    # loading

    def _loader(self, log: int) -> Steps:
        """Reads batches, with a slot for each, as etl_streaming.Drain does."""
        import simpy

        slots = simpy.Resource(self.env, self._deployment.in_flight)
        while True:
            slot = slots.request()
            yield slot
            if not self._waiting[log]:
                self._arrived[log] = self.env.event()
                yield self._arrived[log]
            if sum(size for _, size in list(self._waiting[log])[:200]) < self._deployment.batch_size:
                yield self.env.timeout(self._deployment.linger)
            self.env.process(self._batch(log, list(self._taken(log)), slots, slot))

    def _taken(self, log: int) -> Iterator[tuple[float, int]]:
        room = self._deployment.batch_size
        waiting = self._waiting[log]
        while waiting and waiting[0][1] <= room:
            room -= waiting[0][1]
            yield waiting.popleft()

    def _batch(self, log: int, entries: list[tuple[float, int]], slots: Resource, slot: Any) -> Steps:
        size, loading = sum(count for _, count in entries), self._costs.loading
        began = self.env.now
        with self._log_threads[log].request() as turn:
            yield turn
            yield from self._as("redis", self._compute(loading["redis"].of(size)))
        with self._loops[log].request() as turn:
            yield turn
            yield from self._as("code-server", self._compute(loading["code-server"].of(size)))
        yield from self._compute(loading["python"].of(size))
        yield from self._compute(loading["warehouse"].of(size))
        yield from self._compute(loading["postgres"].of(size))
        with self._disk.request() as turn:
            yield turn
            wait = self._costs.disk_wait * size * self._deployment.disk_share
            self._work("disk", wait)
            yield self.env.timeout(wait)
        self._work("loading", self.env.now - began)
        slots.release(slot)
        self._loaded += self._counts(size)
        if self._counts(1):
            for arrived, count in entries:
                self._outcome.fresh_ms += [(self.env.now - arrived) * 1000] * min(count, 5)

    # time

    def _compute(self, seconds: float) -> Steps:
        """Use a core for so long, in slices between which others get their turn."""
        while seconds > 0:
            now = min(seconds, SLICE)
            with self._cores.request() as turn:
                yield turn
                yield self.env.timeout(now)
            self._work("cores", now)
            seconds -= now

    def _as(self, name: str, steps: Steps) -> Steps:
        """Count the time, waiting for a core included, as that of a thread."""
        began = self.env.now
        yield from steps
        self._work(name, self.env.now - began)

    def _work(self, name: str, seconds: float) -> None:
        if self.env.now >= self._counts_from:
            self._worked[name] = self._worked.get(name, 0.0) + seconds

    def _counts(self, number: int) -> int:
        return number if self.env.now >= self._counts_from else 0


def single_server(*, arrivals_per_s: float, services_per_s: float, customers: int, seed: int = 1) -> float:
    """Mean seconds in the system of a queue with one server and random times (M/M/1), by the same means as above.

    Queueing theory has 1 / (services - arrivals): that the two agree shows that the clockwork is right.
    """
    import simpy

    env, dice = simpy.Environment(), random.Random(seed)
    server = simpy.Resource(env, 1)
    spent: list[float] = []

    def customer() -> Steps:
        began = env.now
        with server.request() as turn:
            yield turn
            yield env.timeout(dice.expovariate(services_per_s))
        spent.append(env.now - began)

    def arrivals() -> Steps:
        for _ in range(customers):
            yield env.timeout(dice.expovariate(arrivals_per_s))
            env.process(customer())

    env.process(arrivals())
    env.run()
    return statistics.fmean(spent)
