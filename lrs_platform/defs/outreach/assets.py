"""Reminders as assets: who is due, what was sent, what it did, and the morning lists."""

from __future__ import annotations

from typing import Any

import dagster as dg

from lrs_platform.defs.learning.pictures import chart
from lrs_platform.defs.outreach.resources import Reminders


@dg.asset(
    key="due_reminders",
    deps=["lesson_progress", "learners", "cohort_members"],
    description=(
        "Who is to be reminded today, why and of which lesson: decided once a learner and day, when the learner's day "
        "has begun, from roster, delivery plan and progress; in `outreach.reminder`. The intent is written before any "
        "mail."
    ),
    kinds={"postgres"},
    metadata={"dagster/table_name": "outreach.reminder"},
)
def due_reminders(reminders: Reminders) -> dg.MaterializeResult[None]:
    """Decide. Before that, bounces and complaints are taken in."""
    told = reminders.decide()
    figures = {name: told[name] for name in ("planned", "held_out", "quiet", "stopped")}
    return dg.MaterializeResult(
        metadata={
            **figures,
            "dry_run": not reminders.is_on,
            "skipped": dg.MetadataValue.json(told["skipped"]),
            "returned": dg.MetadataValue.json(told["returned"]),
        }
    )


@dg.asset(
    key="sent_reminders",
    deps=["due_reminders"],
    description=(
        "Mails that were handed over, each once: rendered in the sandbox, sent by the mail server under the key of "
        "learner and day, the receipt written after. A run that dies is simply made again."
    ),
    kinds={"smtp", "python"},
    metadata={"dagster/table_name": "outreach.reminder"},
)
def sent_reminders(reminders: Reminders) -> dg.MaterializeResult[None]:
    """Send what is to be sent now. Fails where a server is away; the next run goes on."""
    passed = reminders.send()
    metadata: dict[str, Any] = {
        "sent": passed.sent,
        "known_before": passed.again,
        "states": dg.MetadataValue.json(dict(passed.states)),
        "waiting": passed.waiting,
        "stopped": passed.stopped,
        "seconds": passed.seconds,
    }
    if passed.problems:
        metadata["problems"] = dg.MetadataValue.json(dict(passed.problems.most_common(10)))
    return dg.MaterializeResult(metadata=metadata)


@dg.asset(
    key="reminder_effect",
    deps=["sent_reminders", "lesson_progress"],
    description=(
        "Share of learners who finished within 24 hours of a reminder against learners who got none, matched by "
        "lesson, reason and lateness, with a 95 % interval; in `report.reminder_effect`. With LRS_REMINDER_HOLDOUT "
        "chance decides who gets none, and the difference is the reminder's doing."
    ),
    kinds={"postgres", "sql"},
    metadata={"dagster/table_name": "report.reminder_effect"},
)
def reminder_effect(reminders: Reminders) -> dg.MaterializeResult[None]:
    """The figures as they stand."""
    effect = reminders.overview()["effect"]
    metadata: dict[str, Any] = {"strata": dg.MetadataValue.json(effect)}
    for row in effect:
        if row["reason"] == "all":
            metadata |= {
                name: row[name] for name in ("reminded", "not_reminded", "effect", "effect_low", "effect_high")
            }
    picture = chart(
        "Points more who finished", [row["reason"] for row in effect], [100 * row["effect"] for row in effect]
    )
    return dg.MaterializeResult(metadata=metadata | ({"picture": picture} if picture else {}))


@dg.asset(
    key="coordinator_digest",
    deps=["due_reminders"],
    description="The morning list of those who look after a cohort: who is behind, who was reminded; one a day each.",
    kinds={"smtp", "python"},
    metadata={"dagster/table_name": "outreach.digest"},
)
def coordinator_digest(reminders: Reminders) -> dg.MaterializeResult[None]:
    """Send those that are due."""
    return dg.MaterializeResult(metadata={"lists": dg.MetadataValue.json(reminders.digest())})
