"""The courses: lessons, their cards, and how hard, how telling and how tiring each card is.

Belongs here: what there is to learn, with its planted parameters. Not here: who learns it (company.py, behaviour.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from lrs_platform.simulate.dice import Dice, Weighted
from lrs_platform.simulate.words import ACTIONS, COURSES, POLL_OPTIONS, TOPICS

SITE = "https://7taps.example"
LESSONS_PER_COURSE = 6
PASS_MARKS = (0.5, 0.6, 0.75)


class CardKind(StrEnum):
    """What a card shows or asks."""

    CONTENT = "content"
    VIDEO = "video"
    POLL = "poll"
    QUIZ = "quiz"
    FREE_TEXT = "free_text"
    FORM = "form"


# Median seconds on a card, and the range of the chance to leave the lesson there.
SECONDS = {
    CardKind.CONTENT: 12.0,
    CardKind.VIDEO: 45.0,
    CardKind.POLL: 7.0,
    CardKind.QUIZ: 16.0,
    CardKind.FREE_TEXT: 35.0,
    CardKind.FORM: 30.0,
}
HAZARDS = {
    CardKind.CONTENT: (0.005, 0.03),
    CardKind.VIDEO: (0.02, 0.09),
    CardKind.POLL: (0.005, 0.015),
    CardKind.QUIZ: (0.01, 0.04),
    CardKind.FREE_TEXT: (0.03, 0.09),
    CardKind.FORM: (0.02, 0.07),
}
FIRST_CARD_EXTRA = (0.02, 0.06)  # many look and go


@dataclass(frozen=True, slots=True)
class Item:
    """A quiz question: P(right) = 1 / (1 + exp(-a (ability - b))), the two-parameter logistic model.

    `a` is its discrimination, `b` its difficulty; `wrong` draws which distractor a wrong answer takes.
    """

    a: float
    b: float
    correct: int
    wrong: Weighted


@dataclass(frozen=True, slots=True)
class Card:
    """`number` counts from 1; `hazard` is the chance that an average learner leaves here, having come so far."""

    ordinal: int
    number: int
    iri: str
    kind: CardKind
    title: str
    seconds: float
    hazard: float
    options: tuple[str, ...] = ()
    item: Item | None = None
    poll: Weighted | None = None


@dataclass(frozen=True, slots=True)
class Lesson:
    """`rich`: its statements carry definitions with names; otherwise bare IRIs, as 7taps sends them."""

    ordinal: int
    iri: str
    name: str
    course_iri: str
    course: str
    rich: bool
    pass_mark: float
    cards: tuple[Card, ...]
    listed: bool = True  # False: the course file does not know it

    @property
    def items(self) -> int:
        """Number of quiz questions; at least three."""
        return sum(card.item is not None for card in self.cards)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The lessons in the order of their courses, and behind them one pilot lesson that no course file lists."""

    lessons: list[Lesson]
    cards: list[Card]

    @property
    def listed(self) -> list[Lesson]:
        """The lessons that are delivered."""
        return self.lessons[:-1]

    @property
    def pilot(self) -> Lesson:
        """The lesson that is not listed: guests alone have its link."""
        return self.lessons[-1]


def author(seed: int, lessons: int) -> Catalogue:
    """A catalogue of `lessons` lessons in courses of six, and the pilot."""
    dice = Dice(seed, "courses")
    titles = dice.shuffled([f"{action} {topic}" for action in ACTIONS for topic in TOPICS])
    names = dice.shuffled(COURSES)
    catalogue = Catalogue([], [])
    for ordinal in range(lessons + 1):
        course = ordinal // LESSONS_PER_COURSE
        again = ordinal // len(titles)
        title = titles[ordinal % len(titles)] + (f" {again + 1}" if again else "")
        round_ = course // len(names)
        course_name = names[course % len(names)] + (f" {round_ + 1}" if round_ else "")
        slug = "-".join(title.lower().split())
        catalogue.lessons.append(
            Lesson(
                ordinal=ordinal,
                iri=f"{SITE}/{slug}",
                name=title,
                course_iri=f"{SITE}/paths/{'-'.join(course_name.lower().split())}",
                course=course_name,
                rich=course % 3 == 1,
                pass_mark=PASS_MARKS[dice.below(len(PASS_MARKS))],
                cards=_cards(dice, f"{SITE}/{slug}", title, catalogue.cards),
                listed=ordinal < lessons,
            )
        )
    return catalogue


def _cards(dice: Dice, iri: str, title: str, all_cards: list[Card]) -> tuple[Card, ...]:
    """Six to sixteen cards: content and videos first, then three to five questions, something to say last."""
    kinds = [CardKind.CONTENT]
    kinds += [CardKind.VIDEO] * (1 + dice.below(2)) if dice.random() < 0.7 else [CardKind.CONTENT]
    if dice.random() < 0.5:
        kinds.append(CardKind.POLL)
    for _ in range(3 + dice.below(3)):
        if dice.random() < 0.5:
            kinds.append(CardKind.CONTENT)
        kinds.append(CardKind.QUIZ)
    if dice.random() < 0.6:
        kinds.append(dice.pick((CardKind.FREE_TEXT, CardKind.FORM)))
    kinds.append(CardKind.CONTENT)
    cards = []
    for number, kind in enumerate(kinds, start=1):
        hazard = dice.between(*HAZARDS[kind]) + (dice.between(*FIRST_CARD_EXTRA) if number == 1 else 0.0)
        options: tuple[str, ...] = ()
        item = poll = None
        if kind is CardKind.QUIZ:
            options = tuple(f"{title}: answer {letter}" for letter in "ABCDE"[: 3 + dice.below(3)])
            item = _item(dice, len(options))
        elif kind is CardKind.POLL:
            options = POLL_OPTIONS
            poll = Weighted([dice.between(0.2, 1.0) for _ in options])
        card = Card(
            ordinal=len(all_cards),
            number=number,
            iri=f"{iri}/card/{number}",
            kind=kind,
            title=f"{title}: {kind.replace('_', ' ')} {number}",
            seconds=SECONDS[kind] * dice.between(0.7, 1.4),
            hazard=hazard,
            options=options,
            item=item,
            poll=poll,
        )
        all_cards.append(card)
        cards.append(card)
    return tuple(cards)


def _item(dice: Dice, options: int) -> Item:
    """Parameters as calibrated item banks have them: a log-normal around 1.2, b a little on the easy side."""
    correct = dice.below(options)
    # One distractor draws twice to four times as often as the others; the right option is never a wrong answer.
    strong = dice.between(2.0, 4.0)
    first_wrong = 0 if correct else 1
    weights = [0.0 if n == correct else strong if n == first_wrong else 1.0 for n in range(options)]
    return Item(
        a=min(2.4, max(0.5, dice.around(1.2, 0.3))),
        b=min(2.0, max(-2.5, dice.gauss(-1.1, 0.9))),
        correct=correct,
        wrong=Weighted(weights),
    )


def option_id(number: int) -> str:
    """Id of an option in statements: a, b, c ..."""
    return "abcdefghij"[number]
