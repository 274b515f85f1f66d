"""What the gateway counts, and the /metrics page (Prometheus).

Belongs here: names, labels and buckets. Counters are this gateway's, summed over its workers where there are several;
what is said of the log is read from it when asked. No label carries a username, an id or anything else from a
statement.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    disable_created_metrics,
    generate_latest,
    multiprocess,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from lrs_platform.stream import LogPosition
from lrs_platform.stream.position import entry_ms

disable_created_metrics()  # type: ignore[no-untyped-call]  # a series more for each that there is, and nobody reads it

FAST = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)  # seconds; the target is p95 <= 10 ms

REQUESTS = Counter("lrs_gateway_requests", "Requests answered.", ["route", "method", "status"])
ACCEPTED = Counter("lrs_gateway_statements_accepted", "Statements answered with 2xx, repeated ones included.")
REPEATED = Counter("lrs_gateway_statements_repeated", "Of those, statements that the log already held.")
REFUSED = Counter("lrs_gateway_requests_refused", "Requests not carried out, by reason.", ["reason"])
ACCEPT_SECONDS = Histogram("lrs_gateway_accept_seconds", "PUT or POST: headers read to answer.", buckets=FAST)
BARRIER_SECONDS = Histogram("lrs_gateway_barrier_seconds", "GET: wait for the loader.", ["outcome"], buckets=FAST)


class _LogState(Collector):
    def __init__(self, position: LogPosition | None) -> None:
        self._position = position

    def collect(self) -> Iterator[GaugeMetricFamily]:
        at = self._position
        yield GaugeMetricFamily("lrs_log_up", "1 where the log answers.", 1 if at else 0)
        if at is None:
            return
        yield GaugeMetricFamily("lrs_log_entries", "Entries in the log, loaded ones included.", at.length)
        yield GaugeMetricFamily("lrs_log_undelivered_entries", "Entries the loader has not read yet.", at.lag)
        yield GaugeMetricFamily(
            "lrs_log_pending_entries", "Entries read by the loader, not yet acknowledged.", at.pending
        )
        yield GaugeMetricFamily(
            "lrs_log_oldest_pending_seconds", "Age of the oldest of those.", at.oldest_pending_ms / 1000
        )
        age = max(0, at.now_ms - at.watermark_ms) / 1000
        if not at.watermark_ms:  # nothing loaded yet: the age counts from the newest entry, not from 1970
            age = max(0, at.now_ms - entry_ms(at.newest)) / 1000
        yield GaugeMetricFamily("lrs_log_watermark_age_seconds", "How far the warehouse is behind the log.", age)


def exposition(position: LogPosition | None) -> bytes:
    """The page, in Prometheus' text format."""
    registry: CollectorRegistry = REGISTRY
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    state = CollectorRegistry()
    state.register(_LogState(position))
    return generate_latest(registry) + generate_latest(state)
