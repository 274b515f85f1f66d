"""What really happened, before any device, network or administrator spoiled it.

Belongs here: events and attempts as compact records, a million of which fit in memory (about 200 bytes each).
Not here: how they come about (behaviour.py), how they travel (noise.py) and how they are written (statements.py).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

from msgspec import Struct

from lrs_platform.simulate.company import Learner
from lrs_platform.simulate.course import Catalogue


class Kind(IntEnum):
    """What somebody did; each kind has a verb in statements.py."""

    LAUNCHED = 0  # opened the link
    STARTED = 1  # tapped past the cover
    EXPERIENCED = 2  # saw a card
    ANSWERED = 3
    COMPLETED = 4
    PASSED = 5
    FAILED = 6
    VOIDED = 7  # an administrator took a statement back


class Event(Struct, gc=False):
    """One happening. `at` is true time (ms since 1970); `card` an index into the lesson's cards, -1: none.

    `choice`: index of the option, text or form that was answered; of PASSED and FAILED the number of right answers; of
    VOIDED the ordinal of the event whose statement is taken back. `chance`: the planted probability of a right answer.
    """

    ordinal: int
    kind: Kind
    attempt: int
    card: int
    at: int
    seconds: float = 0.0
    choice: int = -1
    success: bool | None = None
    chance: float = 0.0


class Attempt(Struct, gc=False):
    """One registration: a learner going through a lesson. Its events are `first` to `behind` - 1."""

    ordinal: int
    learner: int
    device: int
    lesson: int
    first: int
    behind: int = 0
    attended: float = 0.0  # seconds on cards, without the pauses


class Fate(Struct, gc=False):
    """Why and when somebody left for good; both None for those who stayed."""

    left_at: int | None = None
    reason: str | None = None  # never_started, went_quiet, discouraged, stuck_on_card
    weekly_hazard: float = 0.0  # planted chance to go quiet in a week


class Delivery(Struct, gc=False):
    """A lesson sent to a cohort at an instant (ms since 1970)."""

    cohort: int
    lesson: int
    at: int


@dataclass
class History:
    """Everything that happened, in the order in which it was made up: learner by learner, attempt by attempt."""

    catalogue: Catalogue
    events: list[Event] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    fates: list[Fate] = field(default_factory=list)  # by person
    expected_left: list[float] = field(init=False)  # by card: sum of the chances to leave that were drawn
    deliveries: list[list[Delivery]] = field(default_factory=list)  # by cohort, in time

    def __post_init__(self) -> None:
        self.expected_left = [0.0] * len(self.catalogue.cards)

    def delivered_to(self, learner: Learner) -> list[Delivery]:
        """The deliveries to a learner; none to a guest."""
        return self.deliveries[learner.cohort.ordinal] if learner.cohort else []
