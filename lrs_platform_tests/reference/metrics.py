"""docs/reference/metrics.md: what /metrics tells, made from the gateway's registry."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from lrs_platform.gateway.metrics import exposition
from lrs_platform.stream import LogPosition

HEAD = """\
# Metrics

`GET /metrics` of the gateway, in Prometheus' text format. Counters are those of this gateway, summed over its
workers; what is said of the log is read when it is asked for. No label holds a name, an id or anything else out of a
statement. Rules for alerts are in `deploy/prometheus/alerts.yaml` ([reliability.md](../reliability.md#watching-it)).

| metric | kind | what |
|---|---|---|
"""
OF_ALL = ("python_", "process_")  # of the interpreter; the client library documents them


def page() -> str:
    """One row a metric; a log that holds something shows all that are told of it."""
    some = LogPosition(length=1, newest="1-0", delivered="1-0", pending=0, oldest_pending="", lag=0, now_ms=1)
    families = text_string_to_metric_families(exposition(some).decode())
    rows = [
        f"| `{family.name}{'_total' if family.type == 'counter' else ''}` | {family.type} | {family.documentation} |"
        for family in sorted(families, key=lambda family: family.name)
        if not family.name.startswith(OF_ALL)
    ]
    return HEAD + "\n".join(rows) + "\n"
