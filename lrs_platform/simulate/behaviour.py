"""How people learn: who opens what when, where they leave, what they answer, who comes back and who goes quiet.

Belongs here: the model of behaviour and its constants, each of which docs/simulate.md explains. Not here: what goes
wrong on the way to the LRS (noise.py).
"""

from __future__ import annotations

import math
from heapq import heappop, heappush

from lrs_platform.simulate.company import Cohort, Disposition, Learner
from lrs_platform.simulate.course import Card, CardKind, Catalogue, Lesson
from lrs_platform.simulate.dice import Dice, logistic
from lrs_platform.simulate.history import Attempt, Delivery, Event, Fate, History, Kind
from lrs_platform.simulate.rhythm import on_day, opening, pause
from lrs_platform.simulate.words import FORMS, PLAIN_TEXTS, TEXTS
from lrs_platform.simulate.zones import DAY, HOUR, MINUTE, WEEK, Window, weekday

OPENS = 1.4, 0.9  # P(a lesson is opened) = logistic(1.4 + 0.9 motivation): 0.80 on average people
QUITS_WEEKLY = 0.025  # chance of a regular learner with average motivation to go quiet in a week
QUITS_BY_MOTIVATION = -0.6  # exponent: one standard deviation of motivation nearly halves it
STARTS = 0.94  # of those who opened, tap past the cover
LEAVES_BY_MOTIVATION = -0.4  # hazard of leaving: 1 - (1 - h)^f with f = exp(-0.4 m), mean f = 1 over the company
LEAVES_NORMALISED = math.exp(-(LEAVES_BY_MOTIVATION**2) / 2)
PAUSES = 0.03  # per card: the door bell rings
RETRIES = 0.3, 0.8  # P(another attempt after failing) = logistic(0.3 + 0.8 motivation)
RETURNS = 0.35  # another attempt after leaving
REPEATS = 0.05  # once more after passing
MOST_ATTEMPTS = 3
GAIN = 0.6  # logits that each completed attempt adds to ability on this lesson, three times at most
DISCOURAGED = 0.12  # of those who fail a lesson twice, leave for good
STREAK_DAILY = 0.97
FLAGGED_TEXT = 0.04
DWELL_SIGMA = 0.5  # of the logarithm of seconds on a card
LONGEST_DWELL = 200.0  # seconds: sixteen cards without pauses take less than LAST_START
LAST_START = HOUR  # nothing begins in the last hour of the window, so nothing is cut off by its end
LAST_WEEK = WEEK  # without new lessons, so that the last ones can be completed
NO_CARD = 99


def live(seed: int, person: Learner, history: History, window: Window) -> None:
    """Add what a person does to the history; people come in the order of their ordinals."""
    life = _Life(person, Dice(seed, f"life/{person.ordinal}"), history, window)
    if person.disposition is Disposition.GUEST:
        life.visit()
    else:
        life.learn()
    history.fates.append(life.fate)


def deliveries(cohort: Cohort, catalogue: Catalogue, window: Window) -> list[Delivery]:
    """What a cohort is sent within the window. Cohorts begin with different courses."""
    lessons = catalogue.listed
    courses = list(dict.fromkeys(lesson.course_iri for lesson in lessons))
    turn = cohort.ordinal % max(1, len(courses))
    order = [lesson for iri in courses[turn:] + courses[:turn] for lesson in lessons if lesson.course_iri == iri]
    days = range(cohort.first_day, cohort.first_day + window.days + 1)
    slots = [cohort.zone.instant(day, cohort.hour * HOUR) for day in days if weekday(day) in cohort.weekdays]
    slots = [at for at in slots if window.begin <= at < window.end - min(LAST_WEEK, window.days * DAY // 8)]
    if len(order) < len(slots):  # spread evenly, on the cohort's weekdays
        slots = [slots[number * len(slots) // len(order)] for number in range(len(order))]
    return [Delivery(cohort.ordinal, lesson.ordinal, at) for lesson, at in zip(order, slots, strict=False)]


class _Life:
    """One person's way through the window."""

    def __init__(self, learner: Learner, dice: Dice, history: History, window: Window) -> None:
        self.fate = Fate()
        self._learner = learner
        self._dice = dice
        self._history = history
        self._lessons = history.catalogue.lessons
        self._last_start = window.end - LAST_START
        self._last_day = learner.zone.day(window.end)
        self._begin = window.begin
        self._mine = history.delivered_to(learner)
        self._leaving = LEAVES_NORMALISED * math.exp(LEAVES_BY_MOTIVATION * learner.motivation)
        self._agenda: list[tuple[int, int, int]] = []  # (instant, order of planning, lesson or -1: whatever is due)
        self._planned = 0
        self._tries: dict[int, int] = {}
        self._fails: dict[int, int] = {}
        self._stuck: dict[int, int] = {}
        self._completed: dict[int, int] = {}
        self._gone = False
        self._blocked_from = len(self._lessons)

    def learn(self) -> None:
        """What a learner of the roster does."""
        learner, dice = self._learner, self._dice
        if not self._mine or learner.disposition is Disposition.NEVER_STARTED:
            if self._mine:
                self.fate = Fate(self._mine[0].at, "never_started")
            return
        quiet_from = self._last_start
        if learner.disposition is Disposition.REGULAR:
            hazard = QUITS_WEEKLY * math.exp(QUITS_BY_MOTIVATION * learner.motivation)
            weeks = int(math.log(1.0 - dice.random()) / math.log(1.0 - hazard))  # geometric
            at = self._mine[0].at + int((weeks + dice.random()) * WEEK)
            self.fate.weekly_hazard = hazard
            if at < self._last_start:
                self.fate.left_at, self.fate.reason = at, "went_quiet"
                quiet_from = at
        if learner.disposition is Disposition.BLOCKED:
            self._blocked_from = dice.below(max(1, len(self._mine) // 2))
        if learner.disposition is Disposition.STREAK:
            for day in range(learner.zone.day(self._mine[0].at), self._last_day + 1):
                if dice.random() < STREAK_DAILY:
                    self._plan(on_day(dice, learner.zone, day), -1)
        else:
            opens = logistic(OPENS[0] + OPENS[1] * learner.motivation)
            for delivery in self._mine:
                if dice.random() < opens:
                    self._plan(opening(dice, learner.zone, delivery.at), delivery.lesson)
        self._follow(quiet_from)

    def visit(self) -> None:
        """What a guest does: looks at the pilot, and at one to three lessons of any course."""
        dice = self._dice
        catalogue = self._history.catalogue
        chosen = [catalogue.pilot, *dice.shuffled(catalogue.listed)[: 1 + dice.below(3)]]
        first, last = self._learner.zone.day(self._begin) + 1, self._last_day
        for lesson in chosen:
            self._plan(on_day(dice, self._learner.zone, first + dice.below(max(1, last - first))), lesson.ordinal)
        self._follow(self._last_start)

    def _plan(self, at: int, lesson: int) -> None:
        heappush(self._agenda, (at, self._planned, lesson))
        self._planned += 1

    def _follow(self, until: int) -> None:
        """Go through the agenda in time, planning further attempts on the way."""
        free = self._begin
        while self._agenda and not self._gone:
            at, _, number = heappop(self._agenda)
            at = max(at, free)
            if at >= until:
                return
            due = self._due(at) if number < 0 else number
            if due is not None:
                free = self._attempt(self._lessons[due], at) + MINUTE

    def _due(self, at: int) -> int | None:
        """What somebody takes up who comes every day: the first lesson not completed, else any again."""
        delivered = [delivery.lesson for delivery in self._mine if delivery.at <= at]
        if not delivered:
            return None
        return next((lesson for lesson in delivered if lesson not in self._completed), self._dice.pick(delivered))

    def _attempt(self, lesson: Lesson, at: int) -> int:
        """One attempt from `at`; plans what follows from it and returns its end."""
        learner, dice = self._learner, self._dice
        device = learner.devices[0 if len(learner.devices) == 1 or dice.random() < 0.8 else 1]
        attempts = self._history.attempts
        attempt = Attempt(len(attempts), learner.ordinal, device.ordinal, lesson.ordinal, len(self._history.events))
        attempts.append(attempt)
        blocked = NO_CARD
        if learner.disposition is Disposition.BLOCKED and self._position(lesson) >= self._blocked_from:
            blocked = next((c for c, card in enumerate(lesson.cards) if card.kind is CardKind.VIDEO), NO_CARD)
        end, passed = self._go_through(lesson, attempt, at, blocked)
        attempt.behind = len(self._history.events)
        self._tries[lesson.ordinal] = self._tries.get(lesson.ordinal, 0) + 1
        if passed is not None:
            self._completed[lesson.ordinal] = self._completed.get(lesson.ordinal, 0) + 1
        if learner.disposition in (Disposition.REGULAR, Disposition.BLOCKED):
            self._afterwards(lesson.ordinal, end, passed, self._history.events[-1].card == blocked)
        return end

    def _position(self, lesson: Lesson) -> int:
        """Place of a lesson in the deliveries to this learner."""
        return next(place for place, delivery in enumerate(self._mine) if delivery.lesson == lesson.ordinal)

    def _afterwards(self, lesson: int, end: int, passed: bool | None, blocked: bool) -> None:
        """Try again, once more, or leave for good."""
        dice, zone, tries = self._dice, self._learner.zone, self._tries[lesson]
        if blocked:
            stuck = self._stuck[lesson] = self._stuck.get(lesson, 0) + 1
            if stuck >= 2:
                self._leave(end, "stuck_on_card")
            else:
                self._plan(on_day(dice, zone, zone.day(end) + 1), lesson)
            return
        if passed is False:
            fails = self._fails[lesson] = self._fails.get(lesson, 0) + 1
            if fails == 2 and dice.random() < DISCOURAGED:
                self._leave(end, "discouraged")
                return
        if tries >= MOST_ATTEMPTS:
            return
        if passed is False and dice.random() < logistic(RETRIES[0] + RETRIES[1] * self._learner.motivation):
            if dice.random() < 0.5:
                self._plan(end + int(dice.between(2, 20) * MINUTE), lesson)
            else:
                self._plan(on_day(dice, zone, zone.day(end) + 1 + dice.below(3)), lesson)
        elif passed is None and dice.random() < RETURNS:
            self._plan(on_day(dice, zone, zone.day(end) + 1 + dice.below(3)), lesson)
        elif passed and dice.random() < REPEATS:
            self._plan(on_day(dice, zone, zone.day(end) + 2 + dice.below(9)), lesson)

    def _leave(self, at: int, reason: str) -> None:
        self.fate.left_at, self.fate.reason, self._gone = at, reason, True

    def _go_through(self, lesson: Lesson, attempt: Attempt, at: int, blocked: int) -> tuple[int, bool | None]:
        """Card by card; the end, and whether it was passed (None: not completed)."""
        dice, learner = self._dice, self._learner
        expected = self._history.expected_left
        self._happen(Kind.LAUNCHED, attempt, -1, at)
        if dice.random() >= STARTS:
            return at, None
        at += int(dice.between(2.0, 8.0) * 1000)
        self._happen(Kind.STARTED, attempt, -1, at)
        right = asked = 0
        for number, card in enumerate(lesson.cards):
            if number and dice.random() < PAUSES:
                gap = pause(dice, learner.zone, at)
                at += gap if at + gap < self._last_start else 0
            at += 300 + dice.below(900)
            self._happen(Kind.EXPERIENCED, attempt, number, at)
            seconds = dice.around(card.seconds, DWELL_SIGMA) * learner.slowness
            seconds = round(min(LONGEST_DWELL, max(1.0, seconds)), 1)
            leaves = 1.0 if number == blocked else 1.0 - (1.0 - card.hazard) ** self._leaving
            expected[card.ordinal] += leaves
            if dice.random() < leaves:
                return at + int(seconds * dice.random() * 1000), None
            at += int(seconds * 1000)
            attempt.attended += seconds
            if card.kind not in (CardKind.CONTENT, CardKind.VIDEO):
                success = self._answer(lesson, card, attempt, at, seconds)
                asked += success is not None
                right += bool(success)
        at += 400
        self._happen(Kind.COMPLETED, attempt, -1, at, seconds=round(attempt.attended, 1))
        passed = right >= lesson.pass_mark * asked
        at += 50
        self._happen(Kind.PASSED if passed else Kind.FAILED, attempt, -1, at, choice=right, success=passed)
        return at, passed

    def _answer(self, lesson: Lesson, card: Card, attempt: Attempt, at: int, seconds: float) -> bool | None:
        """Answer a card; whether the answer was right, None where there is no right one."""
        dice = self._dice
        success: bool | None = None
        chance = 0.0
        if card.item is not None:
            gain = GAIN * min(3, self._completed.get(lesson.ordinal, 0))
            chance = logistic(card.item.a * (self._learner.ability + gain - card.item.b))
            success = dice.random() < chance
            choice = card.item.correct if success else card.item.wrong.draw(dice)
        elif card.poll is not None:
            choice = card.poll.draw(dice)
        elif card.kind is CardKind.FORM:
            choice = dice.below(len(FORMS))
        elif dice.random() < FLAGGED_TEXT:
            choice = PLAIN_TEXTS + dice.below(len(TEXTS) - PLAIN_TEXTS)
        else:
            choice = dice.below(PLAIN_TEXTS)
        self._happen(Kind.ANSWERED, attempt, card.number - 1, at, seconds, choice, success, chance)
        return success

    def _happen(
        self,
        kind: Kind,
        attempt: Attempt,
        card: int,
        at: int,
        seconds: float = 0.0,
        choice: int = -1,
        success: bool | None = None,
        chance: float = 0.0,
    ) -> None:
        events = self._history.events
        events.append(Event(len(events), kind, attempt.ordinal, card, at, seconds, choice, success, chance))
