"""Ingest: from the durable log to the record (`lrs.statement`) and the canonical events (`core.event`)."""
