"""The code location: loads the definitions of every domain, applies what holds for all of them once, and merges."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import Any

import dagster as dg

from lrs_platform import tracing
from lrs_platform.defs import catch_up, ingest, learning, outreach, upkeep
from lrs_platform.defs.agents import log_calls_of_this_process
from lrs_platform.settings import get_settings

DOMAINS: dict[str, ModuleType] = {
    "ingest": ingest,
    "catch_up": catch_up,
    "learning": learning,
    "outreach": outreach,
    "upkeep": upkeep,
}
OWNERS = ["team:data-engineering"]


def build_defs(*, resources: Mapping[str, Any] | None = None) -> dg.Definitions:
    """All definitions; `resources` swaps parts by name (tests, CLI)."""
    parts = [_domain(name, package) for name, package in DOMAINS.items()]
    given = {name: part for package in DOMAINS.values() for name, part in package.RESOURCES.items()}
    return dg.Definitions.merge(*parts, dg.Definitions(resources={**given, **(resources or {})}))


def _domain(name: str, package: ModuleType) -> dg.Definitions:
    """What a domain's modules define; its assets get the domain as their group, and their owners."""
    loaded = dg.load_assets_from_package_module(package, group_name=name)
    assets = [asset for asset in loaded if isinstance(asset, dg.AssetsDefinition | dg.AssetSpec)]
    return dg.Definitions(
        assets=dg.map_asset_specs(lambda spec: spec.replace_attributes(owners=OWNERS), assets),
        asset_checks=dg.load_asset_checks_from_package_module(package),
        jobs=getattr(package, "JOBS", ()),
        schedules=getattr(package, "SCHEDULES", ()),
        sensors=getattr(package, "SENSORS", ()),
    )


tracing.set_up("dagster")
log_calls_of_this_process(get_settings())
defs = build_defs()
