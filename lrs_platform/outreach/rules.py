"""Who may be reminded of what, and when: the settings of reminders as one value that goes along with every question.

Belongs here: the rules and their names in SQL. Not here: applying them (lrs_platform/warehouse/outreach/due.sql).
"""

from __future__ import annotations

from datetime import time
from typing import Any

import msgspec

from lrs_platform.settings import Settings


class Rules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`from_time` and `until_time` are in each learner's time zone, days are counted from the day a lesson is due."""

    dry_run: bool = True
    from_time: time = time(9)
    until_time: time = time(18)
    weekends: bool = False
    after_days: int = 1
    within_days: int = 14
    most: int = 3
    opt_in: bool = False
    holdout: float = 0.0

    @classmethod
    def of(cls, settings: Settings) -> Rules:
        """As the settings say."""
        return cls(
            dry_run=settings.reminders != "on",
            from_time=settings.reminder_from,
            until_time=settings.reminder_until,
            weekends=settings.reminder_weekends,
            after_days=settings.reminder_after_days,
            within_days=settings.reminder_within_days,
            most=settings.reminder_most,
            opt_in=settings.reminder_consent == "opt-in",
            holdout=settings.reminder_holdout,
        )

    @classmethod
    def read(cls, text: str) -> Rules:
        """From JSON. Raises ValueError naming what is wrong."""
        try:
            return msgspec.json.decode(text, type=cls)
        except msgspec.MsgspecError as error:
            raise ValueError(f"rules: {error}") from error

    def text(self) -> str:
        """As JSON."""
        return msgspec.json.encode(self).decode()

    def parameters(self) -> dict[str, Any]:
        """By the names that the SQL uses."""
        return {name: getattr(self, name) for name in self.__struct_fields__}
