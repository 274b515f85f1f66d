"""OpenTelemetry traces, sent where OTEL_EXPORTER_OTLP_ENDPOINT says; without it nothing is imported and nothing costs.

Belongs here: switching it on, spans as the platform makes them, W3C traceparent as text. Not here: what a trace of one
statement looks like from stored facts (gateway/debug/trace.py), which works without any of this. Spans carry names,
counts and sizes, never arguments, addresses or anything else from a statement.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.trace import Span, Tracer

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
EXPORT_SECONDS = 3  # a collector that is away must not hold up the end of a process; the default is 10
MOST_LINKS = 64  # of a batch of thousands of statements; the SDK would drop all beyond 128 anyway

Kind = Literal["internal", "server", "client", "producer", "consumer"]

_tracer: Tracer | None = None


def set_up(service: str) -> bool:
    """Send this process' spans as `service`, where the environment names an endpoint; whether it does."""
    global _tracer
    if _tracer is None and os.environ.get(ENDPOINT):
        from opentelemetry import trace
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        from lrs_platform import __version__

        resource = Resource.create({"service.name": f"lrs-{service}", "service.version": __version__})
        provider = TracerProvider(resource=resource)
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(timeout=EXPORT_SECONDS)))
        trace.set_tracer_provider(provider)  # the MCP SDK's own spans go the same way
        _tracer = trace.get_tracer("lrs_platform", __version__)
    return _tracer is not None


def is_on() -> bool:
    """Whether this process sends spans."""
    return _tracer is not None


@contextmanager
def span(
    name: str, *, kind: Kind = "internal", parent: str = "", links: Sequence[str] = (), **attributes: str | int | float
) -> Iterator[Span | None]:
    """A span around the block, None where tracing is off.

    `parent` and `links` are traceparents (W3C Trace Context 3.2); where all links are of one trace it is continued,
    because a batch of one request is that request's.
    """
    if _tracer is None:
        yield None
        return
    from opentelemetry.trace import Link, SpanKind, get_current_span

    distinct = sorted(set(links))[:MOST_LINKS]
    if not parent and len(distinct) == 1:
        parent, distinct = distinct[0], []
    contexts = [get_current_span(_context(link)).get_span_context() for link in distinct]
    with _tracer.start_as_current_span(
        name,
        context=_context(parent) if parent else None,
        kind=SpanKind[kind.upper()],
        attributes=attributes,
        links=[Link(context) for context in contexts if context.is_valid],
        record_exception=False,  # its text may hold data
    ) as started:
        yield started


def traceparent() -> str:
    """The current span as traceparent, "" where there is none."""
    if _tracer is None:
        return ""
    from opentelemetry.propagate import inject

    carrier: dict[str, str] = {}
    inject(carrier)
    return carrier.get("traceparent", "")


def trace_id() -> str:
    """Trace id of the current span, 32 hexadecimal digits, "" where there is none."""
    return traceparent()[3:35]


def _context(parent: str) -> Context:
    from opentelemetry.propagate import extract

    return extract({"traceparent": parent})
