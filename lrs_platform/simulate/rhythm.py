"""When people learn: days off, commuting, lunch, evenings; always by the clock on their own wall.

Belongs here: instants drawn from habits. Not here: what is done at them (behaviour.py). Instants are ms since 1970.
"""

from __future__ import annotations

from lrs_platform.simulate.dice import Dice, Weighted
from lrs_platform.simulate.zones import DAY, HOUR, MINUTE, Zone, weekday

# Relative activity by local hour 0..23. Mobile learning peaks on the way to work, at lunch and in the evening.
_WORKING_DAY = Weighted([1, 0.5, 0.2, 0.1, 0.2, 1, 5, 12, 14, 9, 7, 7, 12, 10, 6, 6, 7, 9, 9, 8, 9, 8, 5, 2])
_DAY_OFF = Weighted([2, 1, 0.4, 0.2, 0.2, 0.5, 1, 2, 4, 7, 9, 9, 7, 6, 6, 6, 7, 8, 9, 10, 11, 10, 7, 4])
# Share of openings by days after the delivery; the rest comes 5 to 12 days late.
_DAYS_LATER = Weighted([0.52, 0.20, 0.10, 0.06, 0.04, 0.08])
PROMPT = 0.45  # of those who open on the day: as soon as the message arrives
PROMPT_MINUTES = 25.0  # mean delay of these
MONDAY_INSTEAD = 0.6  # of openings that would fall on a day off
NIGHT_ENDS = 6  # local hour; a pause does not end before it


def on_day(dice: Dice, zone: Zone, day: int) -> int:
    """An instant on local `day` at a usual hour."""
    hours = _DAY_OFF if weekday(day) >= 5 else _WORKING_DAY
    return zone.instant(day, hours.draw(dice) * HOUR + int(dice.random() * HOUR))


def opening(dice: Dice, zone: Zone, delivered: int) -> int:
    """When somebody opens what was delivered at an instant."""
    late = _DAYS_LATER.draw(dice)
    if late == 0:
        soon = delivered + int(dice.waiting(PROMPT_MINUTES * MINUTE))
        if dice.random() < PROMPT:
            return soon
        return max(soon, on_day(dice, zone, zone.day(delivered)))
    if late == 5:
        late += dice.below(8)
    return max(delivered, on_day(dice, zone, working(dice, zone.day(delivered) + late)))


def working(dice: Dice, day: int) -> int:
    """`day`, or the Monday after it where it is a day off and the learner keeps it free."""
    if weekday(day) >= 5 and dice.random() < MONDAY_INSTEAD:
        return day + 7 - weekday(day)
    return day


def pause(dice: Dice, zone: Zone, at: int) -> int:
    """Milliseconds away from an attempt; 0 where it would end at night."""
    gap = min(int(dice.around(25.0, 1.3) * MINUTE), DAY)
    return gap if zone.hour(at + gap) >= NIGHT_ENDS else 0
