"""Asset specs of the dimensions and of the marts, made from the semantic model; what is computed is not said here."""

from __future__ import annotations

from datetime import timedelta

import dagster as dg

from lrs_platform.semantic_model import EVENTS, Mart, semantic_model

# What a mart is derived from besides other marts: a change of it makes the mart follow.
DIMENSIONS = {
    "learners": ("core.learner", "People, one row each, however many keys statements name them by.", [EVENTS]),
    "activities": (
        "core.activity",
        "Every activity that a statement had as object or parent, and what it is.",
        [EVENTS],
    ),
    "lessons": ("core.lesson", "Activities that are lessons, with the names to show.", ["activities"]),
    "cards": ("core.card", "Activities that are parts of a lesson, with their place in it.", ["activities"]),
    "cohorts": ("core.cohort", "Groups of learners that get their lessons together; 0 is everybody.", []),
    "cohort_members": ("core.cohort_member", "Who is in which cohort, and when.", ["learners", "cohorts"]),
}
# A quiet platform is refreshed every hour by `marts_hourly`, for what depends on the clock.
FRESH = dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=4), warn_window=timedelta(hours=2))
BY_COHORT = "cohort_id"


def dimension_specs() -> list[dg.AssetSpec]:
    """Specs of the dimensions that a refresh keeps up."""
    return [
        dg.AssetSpec(
            key=name,
            description=description,
            deps=deps,
            kinds={"postgres", "sql"},
            tags={"layer": "dimension"},
            metadata={"dagster/table_name": table},
            freshness_policy=FRESH,
        )
        for name, (table, description, deps) in DIMENSIONS.items()
    ]


def mart_specs() -> list[dg.AssetSpec]:
    """Specs of all marts, in the order in which they are computed."""
    return [_spec(mart) for mart in semantic_model().marts.values()]


def _spec(mart: Mart) -> dg.AssetSpec:
    deps = {*mart.reads}
    if BY_COHORT in mart.key:
        deps.add("cohort_members")
    if {"lesson_id", "card_id"} & set(mart.key) and EVENTS in mart.reads:
        deps.update(("lessons", "cards"))
    if "learner_id" in mart.key and EVENTS in mart.reads:
        deps.add("learners")
    return dg.AssetSpec(
        key=mart.name,
        description=f"**{mart.title}.** {mart.description}",
        deps=sorted(deps),
        kinds={"postgres", "sql"},
        tags={"layer": "support" if mart.support else "mart", "clock": mart.clock},
        metadata={
            "dagster/table_name": f"mart.{mart.name}",
            "dagster/column_schema": dg.TableSchema(
                columns=[dg.TableColumn(column.name, column.type, column.description) for column in mart.columns]
            ),
        },
        freshness_policy=FRESH,
    )
