"""Right answers, computed in Python from what was simulated: no SQL, no semantic model, nothing of the reading.

Belongs here: a function for each figure that questions ask for. Not here: questions (tuning.yaml,
held_out.yaml), asking and comparing (measuring.py). The definitions are those of docs/marts.md, written a second time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from functools import cached_property
from statistics import fmean, median
from typing import Any

from lrs_platform.bench.questions.company import BenchCompany
from lrs_platform.bench.questions.slices import (
    VALUES,
    Answer,
    Progress,
    Slice,
    day_of,
    no_row,
    people_of,
    period_of,
    ranked,
    share,
)
from lrs_platform.simulate.company import Learner
from lrs_platform.simulate.course import CardKind
from lrs_platform.simulate.truth.attempts import Record, Seen
from lrs_platform.simulate.truth.cohorts import monday
from lrs_platform.simulate.words import FLAG_OF_TEXT, FLAGGED
from lrs_platform.simulate.zones import DAY

HOUR = 3_600_000
STAGES = ("assigned", "opened", "started", "half", "completed", "passed")


class Gold:
    """The figures of one company."""

    def __init__(self, company: BenchCompany) -> None:
        self.company = company
        self.record: Record = company.record
        self.end: int = company.simulation.window.end

    def answer(self, wanted: dict[str, Any]) -> Answer:
        """The right answer to what a question's `gold` says."""
        figure: Callable[[Slice], float | None] = getattr(self, wanted["figure"])
        given = self._slice(wanted)
        if wanted["figure"] == "funnel":
            return {stage: float(count) for stage, count in zip(STAGES, self._funnel(given), strict=True)}
        if "by" not in wanted:
            value = figure(given)
            return {} if value is None else {"": float(value)}
        found = {}
        for label, part in self._parts(wanted, given):
            value = figure(part)
            if value is not None and (value > 0 or not no_row(wanted)):
                found[label] = float(value)
        return ranked(found, wanted)

    # what it is asked of

    def _slice(self, wanted: dict[str, Any]) -> Slice:
        return Slice(
            lesson=self._lesson(wanted["lesson"]) if "lesson" in wanted else None,
            cohort=self._cohort(wanted["cohort"]) if "cohort" in wanted else None,
            week_no=wanted.get("week_no"),
            first=day_of(wanted.get("from")),
            last=day_of(wanted.get("to")),
            value=wanted.get("value"),
        )

    def _lesson(self, name: str) -> int:
        return next(each.ordinal for each in self.record.catalogue.lessons if each.name == name)

    def _cohort(self, name: str) -> int:
        return next(each.ordinal for each in self.record.company.cohorts if f"{each.group} {each.team}" == name)

    def _parts(self, wanted: dict[str, Any], given: Slice) -> Iterator[tuple[str, Slice]]:
        by = wanted["by"]
        if by == "lesson":
            for lesson in self.record.catalogue.lessons:
                yield lesson.name, replace(given, lesson=lesson.ordinal)
        elif by == "cohort":
            for cohort in self.record.company.cohorts:
                name = f"{cohort.group} {cohort.team}"
                if name in wanted.get("cohorts", [name]):
                    yield f"{cohort.group} / {cohort.team}", replace(given, cohort=cohort.ordinal)
        elif by == "learner":
            for person in self.record.company.people:
                if person.email in self.company.pseudonyms:
                    yield self.company.pseudonyms[person.email], replace(given, person=person.ordinal)
        elif by == "card":
            for lesson in self.record.catalogue.lessons:
                if given.lesson in (None, lesson.ordinal):
                    for card in lesson.cards:
                        yield card.title, replace(given, lesson=lesson.ordinal, card=card.number - 1)
        elif by in ("day", "week", "month"):
            yield from self._periods(by, given)
        elif by == "week_no":
            for number in range(self.end // (7 * DAY)):
                if number < 60:
                    yield str(number), replace(given, week_no=number)
        else:
            for value in VALUES[by]:
                yield value, replace(given, value=value)

    def _periods(self, grain: str, given: Slice) -> Iterator[tuple[str, Slice]]:
        first = max(self.record.window.begin // DAY - 7, given.first or 0)
        last = min(self.end // DAY + 7, given.last if given.last is not None else 10**6)
        seen = set()
        for day in range(first, last + 1):
            start, end = period_of(grain, day)
            if start not in seen:
                seen.add(start)
                label = (date(1970, 1, 1) + timedelta(days=start)).isoformat()
                yield label, replace(given, first=max(start, first), last=min(end, last))

    # what happened

    def _people(self, given: Slice) -> list[Learner]:
        return [
            person
            for person in self.record.company.people
            if (given.cohort is None or (person.cohort is not None and person.cohort.ordinal == given.cohort))
            and (given.person is None or person.ordinal == given.person)
        ]

    def _attempts(self, given: Slice) -> list[Seen]:
        people = {person.ordinal for person in self._people(given)}
        return [seen for seen in self.record.seen if seen.person in people and given.lesson in (None, seen.lesson)]

    @cached_property
    def _all_progress(self) -> list[Progress]:
        found: dict[tuple[int, int], Progress] = {}
        lessons = self.record.catalogue.lessons
        for person in self.record.company.people:
            for delivery in self.record.history.delivered_to(person):
                key = person.ordinal, delivery.lesson
                found[key] = Progress(person, lessons[delivery.lesson], delivery.at)
            for seen in self.record.by_person[person.ordinal]:
                found.setdefault(
                    (person.ordinal, seen.lesson), Progress(person, lessons[seen.lesson], None)
                ).tries.append(seen)
        return list(found.values())

    def _progress(self, given: Slice) -> list[Progress]:
        people = {person.ordinal for person in self._people(given)}
        return [
            each
            for each in self._all_progress
            if each.person.ordinal in people and given.lesson in (None, each.lesson.ordinal)
        ]

    # figures: learners in lessons

    def assigned(self, given: Slice) -> float:
        return people_of(each for each in self._progress(given) if given.within(each.delivered))

    def opened(self, given: Slice) -> float:
        return people_of(each for each in self._progress(given) if given.within(each.opened))

    def started(self, given: Slice) -> float:
        return people_of(each for each in self._progress(given) if given.within(each.started))

    def completed(self, given: Slice) -> float:
        return people_of(each for each in self._progress(given) if given.within(each.completed))

    def passed(self, given: Slice) -> float:
        return people_of(each for each in self._progress(given) if given.within(each.passed))

    def not_completed(self, given: Slice) -> float:
        return people_of(
            each for each in self._progress(given) if given.within(each.delivered) and each.completed is None
        )

    def completions(self, given: Slice) -> float:
        return sum(given.within(each.completed) for each in self._progress(given))

    def completion_rate(self, given: Slice) -> float | None:
        opened = [each for each in self._progress(given) if given.within(each.opened)]
        return share(sum(each.completed is not None for each in opened), len(opened))

    def _funnel(self, given: Slice) -> list[int]:
        progress = self._progress(given)
        assigned = sum(each.delivered is not None for each in progress)
        return [assigned, *(sum(each.stage >= stage for each in progress) for stage in range(1, 6))]

    def funnel(self, given: Slice) -> float:
        return self._funnel(given)[0]

    # figures: attempts

    def attempts(self, given: Slice) -> float:
        return sum(given.within(seen.first) for seen in self._attempts(given))

    def failed_attempts(self, given: Slice) -> float:
        return sum(seen.passed is False and given.within(seen.verdict_at) for seen in self._attempts(given))

    def failed(self, given: Slice) -> float:
        attempts = self._attempts(given)
        return len({seen.person for seen in attempts if seen.passed is False and given.within(seen.verdict_at)})

    def attempts_per_learner(self, given: Slice) -> float | None:
        attempts = [seen for seen in self._attempts(given) if given.within(seen.first)]
        return share(len(attempts), len({seen.person for seen in attempts}))

    def mean_score(self, given: Slice) -> float | None:
        scores = [seen.score for seen in self._attempts(given) if seen.score is not None and given.within(seen.first)]
        return fmean(scores) if scores else None

    def pass_rate(self, given: Slice) -> float | None:
        done = [seen for seen in self._attempts(given) if given.within(seen.completed_at)]
        return share(sum(seen.passed is True for seen in done), len(done))

    def learning_hours(self, given: Slice) -> float:
        return sum(seen.on_task for seen in self._attempts(given) if given.within(seen.first)) / HOUR

    def time_on_task(self, given: Slice) -> float | None:
        return self._mean_over_lessons(given, self._median_seconds)

    def _median_seconds(self, given: Slice) -> float | None:
        times = [seen.on_task for seen in self._attempts(given) if seen.completed_at is not None]
        return median(times) / 1000 if times else None

    def gain(self, given: Slice) -> float | None:
        return self._mean_over_lessons(given, self._gain)

    def _gain(self, given: Slice) -> float | None:
        gains = []
        for each in self._progress(given):
            scores = [seen.score for seen in each.tries if seen.score is not None]
            if len(scores) > 1:
                gains.append(scores[-1] - scores[0])
        return fmean(gains) if gains else None

    def _mean_over_lessons(self, given: Slice, figure: Callable[[Slice], float | None]) -> float | None:
        lessons = range(len(self.record.catalogue.lessons)) if given.lesson is None else [given.lesson]
        values = [figure(replace(given, lesson=lesson)) for lesson in lessons]
        known = [value for value in values if value is not None]
        return fmean(known) if known else None

    # figures: speed and plan

    def hours_to_complete(self, given: Slice) -> float | None:
        return self._mean_over_lessons(given, self._median_hours)

    def _median_hours(self, given: Slice) -> float | None:
        hours = [hours for hours, _ in self._clocks(given) if hours is not None]
        return median(hours) if hours else None

    def within_day(self, given: Slice) -> float | None:
        observed = [hours for hours, age in self._clocks(given) if age >= DAY]
        return share(sum(hours is not None and hours <= 24 for hours in observed), len(observed))

    def _clocks(self, given: Slice) -> Iterator[tuple[float | None, int]]:
        """Hours to completion and age in ms of each learner's lesson."""
        for each in self._progress(given):
            began = each.delivered if each.delivered is not None else each.opened
            if began is not None and began <= self.end:
                yield None if each.completed is None else max(0, each.completed - began) / HOUR, self.end - began

    def _due(self, given: Slice) -> list[tuple[Progress, int]]:
        """What was due in the 14 days up to the end, with its day by the cohort's calendar."""
        today = self.end // DAY
        found = []
        for each in self._progress(given):
            if each.delivered is not None and each.person.cohort is not None:
                day = each.person.cohort.zone.day(each.delivered)
                if today - 13 <= day <= today:
                    found.append((each, day))
        return found

    def follow_up(self, given: Slice) -> float:
        return people_of(each for each, _ in self._due(given) if each.completed is None)

    def on_time_share(self, given: Slice) -> float | None:
        due = self._due(given)
        met = sum(each.completed is not None and each.person.zone.day(each.completed) <= day for each, day in due)
        return share(met, len(due))

    # figures: cards and questions

    def drop_off(self, given: Slice) -> float | None:
        reached = stopped = 0
        for seen in self._attempts(given):
            if given.card is not None and seen.furthest > given.card:
                reached += 1
                stopped += seen.furthest == given.card + 1 and seen.completed_at is None and seen.last < self.end
        return share(stopped, reached)

    def right_answers(self, given: Slice) -> float | None:
        if given.lesson is None or given.card is None:
            raise ValueError("right answers are asked by card")
        if self.record.catalogue.lessons[given.lesson].cards[given.card].item is None:
            return None
        answers = []
        for each in self._progress(given):
            if each.tries and (first := each.tries[0].answers.get(given.card)) is not None:
                answers.append(first.success is True)
        return fmean(answers) if len(answers) >= 30 else None

    # figures: days

    def active(self, given: Slice) -> float:
        return sum(
            any(given.has_day(day) for day in self.record.days[person.ordinal]) for person in self._people(given)
        )

    def active_days(self, given: Slice) -> float:
        return sum(given.has_day(day) for person in self._people(given) for day in self.record.days[person.ordinal])

    def mean_daily_active(self, given: Slice) -> float:
        days: dict[int, int] = defaultdict(int)
        for person in self._people(given):
            for day in self.record.days[person.ordinal]:
                days[day] += 1
        return fmean(days.values())

    def longest_streak(self, given: Slice) -> float | None:
        runs = []
        for person in self._people(given):
            days = self.record.days[person.ordinal]
            starts = [day for day in days if day - 1 not in days]
            runs += [next(length for length in range(1, 400) if start + length not in days) for start in starts]
        return max(runs, default=None)

    def retention(self, given: Slice) -> float | None:
        began = active = 0
        for person in self._people(given):
            days = self.record.days[person.ordinal]
            if not days:
                continue
            start = monday(min(days))
            for number in range((self.end // DAY - start) // 7 + 1):
                if given.week_no in (None, number):
                    began += 1
                    active += any(start + 7 * number <= day < start + 7 * number + 7 for day in days)
        return share(active, began)

    # figures: people as they stand

    def learners(self, given: Slice) -> float:
        return sum(self._known(person) for person in self._people(given))

    def segment(self, given: Slice) -> float:
        truth = {each["email"]: each["segment"] for each in self.company.simulation.truth["learners"]}
        return sum(self._known(person) and given.value in (None, truth[person.email]) for person in self._people(given))

    def _known(self, person: Learner) -> bool:
        """Whether the platform has heard of somebody: by the roster, or by a statement."""
        return person.cohort is not None or bool(self.record.days[person.ordinal])

    def stalled(self, given: Slice) -> float:
        reasons = [(each, self._reason(each)) for each in self._progress(given)]
        return people_of(each for each, reason in reasons if reason and given.value in (None, reason))

    def _reason(self, each: Progress) -> str | None:
        tries = each.tries
        failed = [seen.passed is False for seen in tries]
        if sum(failed) > 1 and failed[-1] and not any(seen.passed for seen in tries):
            return "failed_repeatedly"
        if each.completed is not None:
            return None
        if not tries:
            return "never_opened" if each.delivered is not None and each.delivered <= self.end - 7 * DAY else None
        if max(seen.last for seen in tries) > self.end - 3 * DAY:
            return None
        return "stopped" if any(seen.started for seen in tries) else "opened_only"

    # figures: what was written, and the data

    def _texts(self, given: Slice) -> Iterator[tuple[CardKind, int]]:
        people = {person.ordinal for person in self._people(given)}
        for person, lesson, card, choice, at in self.record.texts:
            kind = self.record.catalogue.lessons[lesson].cards[card].kind
            asked = person in people and given.lesson in (None, lesson) and given.within(at)
            if asked and kind in (CardKind.FREE_TEXT, CardKind.FORM):
                yield kind, choice

    def texts(self, given: Slice) -> float:
        return sum(1 for _ in self._texts(given))

    def flags(self, given: Slice) -> float:
        phrases = [FLAG_OF_TEXT[choice] for kind, choice in self._texts(given) if kind is CardKind.FREE_TEXT]
        return sum(phrase is not None and given.value in (None, phrase, FLAGGED[phrase]) for phrase in phrases)

    def quality(self, given: Slice) -> float:
        quality = self.company.simulation.truth["quality"]
        # What breaks the standard is refused at the door, so none of it is among what the loader rejected.
        known: dict[str, int] = {"duplicates": quality["duplicates"], "conflicts": quality["conflicts"], "rejected": 0}
        return known[given.value or ""]
