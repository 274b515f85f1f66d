"""What devices, networks and administrators do to the statements: when each arrives, which come twice, which are wrong.

Belongs here: the lines that an LRS receives, as numbers: which event, in which form, when. Not here: their text
(statements.py).
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from enum import IntEnum

from lrs_platform.simulate.company import Company
from lrs_platform.simulate.dice import Dice
from lrs_platform.simulate.history import Attempt, Event, History, Kind
from lrs_platform.simulate.zones import DAY, HOUR, MINUTE, SECOND

LATENCY = 150, 500.0  # ms: the least, and the mean on top
OFFLINE_SESSIONS = 0.03, 0.5  # usual devices, and those often offline
OFFLINE_HOURS = 9.0  # mean time until a device is back
OFFLINE_LONGEST = 10 * DAY
BURST_STEP = 40  # ms between the statements of a burst
BURST_DISORDER = 0.5  # of bursts come in random order
SLOW = 0.01, 40.0  # share of statements sent again by the network later, and mean seconds
REPEATED_LATER = 0.3  # of duplicates come when a device synchronises; the others within seconds
CONFLICT_AFTER = 6 * HOUR, 42 * HOUR  # never before the statement whose id it takes
VOID_AFTER = HOUR, 96 * HOUR
VOID_FIRST = 0.6  # of voidings of late statements overtake them, as the standard allows (1.0.3, Data 2.3.2)


class Form(IntEnum):
    """What a line is."""

    ORIGINAL = 0
    DUPLICATE = 1  # the same bytes again
    CONFLICT = 2  # another statement under the id of this one
    WRONG = 3  # a statement that breaks the standard, under an id of its own


class Flaw(IntEnum):
    """How a wrong statement is wrong; what the standard says of it is in statements.py."""

    VERB_MISSING = 0
    SCORE_OUT_OF_RANGE = 1
    RESPONSE_NULL = 2
    MBOX_WITHOUT_SCHEME = 3
    TWO_IDENTIFIERS = 4
    DAY_THAT_IS_NOT = 5
    ID_NO_UUID = 6
    OBJECT_NO_IRI = 7
    UNKNOWN_PROPERTY = 8
    DURATION_IN_WORDS = 9
    REGISTRATION_NO_UUID = 10
    BROKEN_OFF = 11


@dataclass(frozen=True, slots=True)
class Rates:
    """Shares of statements (of attempts for `voided_attempts`) that meet with each mishap."""

    duplicates: float = 0.02
    conflicts: float = 0.01
    wrong: float = 0.001
    voided: float = 0.002
    voided_attempts: float = 0.001  # an author tried the lesson out as a learner
    late: bool = True  # offline devices and slow networks


USUAL = Rates()
CLEAN = Rates(0.0, 0.0, 0.0, 0.0, 0.0, late=False)


@dataclass
class Traffic:
    """The lines, in the order in which they were thought of; `order` lists them as they arrive."""

    arrival: array[int] = field(default_factory=lambda: array("q"))  # ms since 1970
    event: array[int] = field(default_factory=lambda: array("q"))  # ordinal
    form: array[int] = field(default_factory=lambda: array("b"))
    flaw: array[int] = field(default_factory=lambda: array("b"))
    order: array[int] = field(default_factory=lambda: array("q"))
    voided: set[int] = field(default_factory=set)  # ordinals of the events whose statements are taken back

    def add(self, arrival: int, event: int, form: Form, flaw: int = 0) -> None:
        """One more line."""
        self.arrival.append(arrival)
        self.event.append(event)
        self.form.append(form)
        self.flaw.append(flaw)

    def __len__(self) -> int:
        return len(self.arrival)


def send(seed: int, company: Company, history: History, rates: Rates) -> Traffic:
    """The traffic that a history causes. Appends the voiding statements to the history's events."""
    dice = Dice(seed, "network")
    traffic = Traffic()
    events = history.events
    voidings: list[Event] = []
    wrong = 0
    for attempt in history.attempts:
        back, places = _offline(dice, company, attempt, events, rates)
        whole = dice.random() < rates.voided_attempts
        busy = 0
        for event in events[attempt.first : attempt.behind]:
            if places is not None and event.at < back:
                arrival = back + BURST_STEP * places[event.ordinal - attempt.first]
            else:
                # One request at a time: an online device keeps its order.
                arrival = busy = max(busy + 1, event.at + LATENCY[0] + int(dice.waiting(LATENCY[1])))
                if rates.late and dice.random() < SLOW[0]:
                    arrival += int(dice.waiting(SLOW[1] * SECOND))
            traffic.add(arrival, event.ordinal, Form.ORIGINAL)
            luck = dice.random()
            if luck < rates.duplicates:
                later = dice.between(1, 48) * HOUR if dice.random() < REPEATED_LATER else dice.between(2, 30) * SECOND
                traffic.add(arrival + int(later), event.ordinal, Form.DUPLICATE)
            elif luck < rates.duplicates + rates.conflicts:
                traffic.add(arrival + int(dice.between(*CONFLICT_AFTER)), event.ordinal, Form.CONFLICT)
            elif luck < rates.duplicates + rates.conflicts + rates.wrong:
                traffic.add(arrival + int(dice.between(1, 60) * SECOND), event.ordinal, Form.WRONG, wrong % len(Flaw))
                wrong += 1
            if whole or dice.random() < rates.voided:
                voidings.append(_voiding(dice, traffic, event, arrival, len(events) + len(voidings)))
    events.extend(voidings)
    arrivals = traffic.arrival
    traffic.order = array("q", sorted(range(len(arrivals)), key=arrivals.__getitem__))
    return traffic


def _offline(
    dice: Dice, company: Company, attempt: Attempt, events: list[Event], rates: Rates
) -> tuple[int, list[int] | None]:
    """When the device of an attempt is back, and the place of each event in its burst; None when it is online."""
    if not rates.late or dice.random() >= OFFLINE_SESSIONS[company.devices[attempt.device].often_offline]:
        return 0, None
    back = events[attempt.first].at + min(OFFLINE_LONGEST, MINUTE + int(dice.waiting(OFFLINE_HOURS * HOUR)))
    places: list[int] = list(range(attempt.behind - attempt.first))
    return back, dice.shuffled(places) if dice.random() < BURST_DISORDER else places


def _voiding(dice: Dice, traffic: Traffic, event: Event, arrival: int, ordinal: int) -> Event:
    """The event of an administrator's taking `event` back, with its line."""
    if arrival - event.at > HOUR and dice.random() < VOID_FIRST:
        at = int(dice.between(event.at, arrival - MINUTE))
    else:
        at = arrival + int(dice.between(*VOID_AFTER))
    traffic.voided.add(event.ordinal)
    traffic.add(at + LATENCY[0], ordinal, Form.ORIGINAL)
    return Event(ordinal, Kind.VOIDED, -1, -1, at, choice=event.ordinal)
