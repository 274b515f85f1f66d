"""Checks of the marts, made from the semantic model: what the meaning of a column promises holds in every row."""

# No `from __future__ import annotations`: Dagster compares the annotation of `context` as an object, not as text.
from collections.abc import Iterator

import dagster as dg

from lrs_platform.defs.learning.resources import Marts
from lrs_platform.semantic_model import RULES, rules_of, semantic_model

SPECS = [
    dg.AssetCheckSpec(rule, asset=mart.name, description=RULES[rule])
    for mart in semantic_model().marts.values()
    for rule in rules_of(mart)
]


@dg.multi_asset_check(name="mart_rules", specs=SPECS, can_subset=True)
def mart_rules(context: dg.AssetCheckExecutionContext, learning: Marts) -> Iterator[dg.AssetCheckResult]:
    """One query a mart counts the rows that break each of its rules."""
    chosen = context.selected_asset_check_keys
    broken = learning.check(sorted({key.asset_key.to_user_string() for key in chosen}))
    for key in chosen:
        rows = broken[key.asset_key.to_user_string()][key.name]
        yield dg.AssetCheckResult(
            asset_key=key.asset_key, check_name=key.name, passed=rows == 0, metadata={"rows": rows}
        )
