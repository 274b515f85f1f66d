"""Ingest: from the durable log to the record (`lrs.statement`) and the canonical events (`core.event`)."""

from lrs_platform.defs.ingest.sensors import statement_stream
from lrs_platform.defs.resources import Ingest

RESOURCES = {"ingest": Ingest()}
SENSORS = [statement_stream]
