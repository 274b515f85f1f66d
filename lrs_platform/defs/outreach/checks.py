"""Checks of reminders: what must hold of the last 24 hours."""

from __future__ import annotations

import dagster as dg

from lrs_platform.defs.outreach.resources import Reminders
from lrs_platform.settings import get_settings

REFUSED_LIMIT = 0.05  # share of sent mails that were refused; above it, providers begin to distrust the sender


@dg.asset_check(asset="sent_reminders", description="No mail's answer was lost without being cleared up.")
def no_answer_is_lost(reminders: Reminders) -> dg.AssetCheckResult:
    """Warns where there are some: whether these arrived, only the receiving side can tell."""
    unknown = reminders.overview()["states"].get("unknown", 0)
    return dg.AssetCheckResult(passed=unknown == 0, severity=dg.AssetCheckSeverity.WARN, metadata={"unknown": unknown})


@dg.asset_check(asset="sent_reminders", description="At most 5 % of mails were refused for good.")
def few_are_refused(reminders: Reminders) -> dg.AssetCheckResult:
    """Fails where more were: the roster's addresses are old, or the sender is distrusted."""
    states = reminders.overview()["states"]
    refused, sent = states.get("refused", 0), states.get("sent", 0)
    share = refused / (refused + sent) if refused + sent else 0.0
    return dg.AssetCheckResult(
        passed=share <= REFUSED_LIMIT, metadata={"refused": refused, "sent": sent, "share": round(share, 4)}
    )


if get_settings().mcp_browser_url:  # without a browser nobody could say that links open

    @dg.asset_check(
        asset="due_reminders",
        blocking=True,
        description="The lesson links that are about to be mailed open in a browser.",
    )
    def lesson_links_open(reminders: Reminders) -> dg.AssetCheckResult:
        """Holds back the mails of this run where one does not; the next run looks again."""
        broken = reminders.broken_links()
        return dg.AssetCheckResult(passed=not broken, metadata={"broken": dg.MetadataValue.json(broken)})
