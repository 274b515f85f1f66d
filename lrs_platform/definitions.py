"""The code location: loads the definitions of every domain, applies what holds for all of them once, and merges."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dagster as dg

from lrs_platform.defs.ingest import assets, checks, sensors
from lrs_platform.defs.resources import Ingest

DOMAINS = {"ingest": (assets, checks, sensors)}
OWNERS = ["team:data-engineering"]


def build_defs(*, resources: Mapping[str, Any] | None = None) -> dg.Definitions:
    """All definitions; `resources` swaps parts by name (tests, CLI)."""
    parts = [_with_policy(domain, dg.load_definitions_from_modules(modules)) for domain, modules in DOMAINS.items()]
    return dg.Definitions.merge(*parts, dg.Definitions(resources={"ingest": Ingest(), **(resources or {})}))


def _with_policy(domain: str, loaded: dg.Definitions) -> dg.Definitions:
    """Group and owner of every asset, by its domain."""
    return loaded.map_asset_specs(
        func=lambda spec: spec.replace_attributes(group_name=domain, owners=OWNERS),
    )


defs = build_defs()
