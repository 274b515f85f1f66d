"""Who an unknown learner may be: the same hash, the same address but for case, the same local part, a name alike.

Belongs here: comparing keys and names. No I/O. Only a hash or an address is evidence; the rest is for people to judge.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

LIMIT = 3  # suggestions a learner
NAMES_ALIKE = 0.6  # Dice coefficient of trigrams: Jon Smith and John Smith have 0.74, Ann Lee and Ann Lea 0.71


@dataclass(frozen=True, slots=True)
class Person:
    """A learner with actor keys, the name in statements and the one in the roster."""

    learner_id: int
    keys: tuple[str, ...]
    name: str | None
    roster_name: str | None
    in_roster: bool

    @property
    def shown(self) -> str:
        """Name or key, for people to read."""
        return self.roster_name or self.name or next(iter(self.mails), self.keys[0] if self.keys else "?")

    @property
    def mails(self) -> list[str]:
        """Mail addresses among the keys."""
        return [key[7:] for key in self.keys if key.startswith("mailto:")]

    @property
    def account_names(self) -> list[str]:
        """Names of accounts among the keys (homePage|name)."""
        return [key.rpartition("|")[2] for key in self.keys if "|" in key and not key.startswith("mailto:")]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Who a learner may be, why, and how sure: 1 for the same hash, less for what is only alike."""

    learner_id: int
    shown: str
    reason: str
    score: float


class _Index:
    """People by what can be looked up."""

    def __init__(self, people: Iterable[Person]) -> None:
        self.people: dict[int, Person] = {}
        self.by_hash: dict[str, set[int]] = defaultdict(set)  # hash of an address
        self.by_hash_key: dict[str, set[int]] = defaultdict(set)  # a hash that is a key itself
        self.by_mail: dict[str, set[int]] = defaultdict(set)
        self.by_local_part: dict[str, set[int]] = defaultdict(set)
        self.by_trigram: dict[str, set[int]] = defaultdict(set)
        self.trigrams: dict[int, Counter[str]] = {}
        for person in people:
            self.people[person.learner_id] = person
            for key in person.keys:
                self.by_hash_key[key].add(person.learner_id)
            for mail in person.mails:
                for spelling in {mail, mail.lower()}:
                    self.by_hash[_sha1(f"mailto:{spelling}")].add(person.learner_id)
                self.by_mail[mail.lower()].add(person.learner_id)
                self.by_local_part[_local(mail)].add(person.learner_id)
            if person.in_roster and person.roster_name:
                trigrams = _trigrams(person.roster_name)
                self.trigrams[person.learner_id] = trigrams
                for trigram in trigrams:
                    self.by_trigram[trigram].add(person.learner_id)


def suggest(learner_ids: Sequence[int], people: Iterable[Person], limit: int = LIMIT) -> dict[int, list[Suggestion]]:
    """For each of `learner_ids` up to `limit` of the `people` that it may be, the surest first."""
    index = _Index(people)
    return {
        learner_id: _for(index.people[learner_id], index)[:limit]
        for learner_id in learner_ids
        if learner_id in index.people
    }


def _for(orphan: Person, index: _Index) -> list[Suggestion]:
    best: dict[int, Suggestion] = {}
    for learner_id, reason, score in chain(_by_key(orphan, index), _by_name(orphan, index)):
        known = best.get(learner_id)
        if learner_id == orphan.learner_id or (known and known.score >= score):
            continue
        person = index.people[learner_id]
        # Of two that fit as well, the one whom the roster names is the likelier.
        best[learner_id] = Suggestion(
            learner_id, person.shown, reason, round(score - (0 if person.in_roster else 0.02), 2)
        )
    return sorted(best.values(), key=lambda each: (-each.score, each.learner_id))


def _by_key(orphan: Person, index: _Index) -> Iterable[tuple[int, str, float]]:
    for key in orphan.keys:
        for learner_id in index.by_hash.get(key, ()):
            yield learner_id, "the key is the SHA-1 of this address", 1.0
    for mail in orphan.mails:
        for learner_id in index.by_hash_key.get(_sha1(f"mailto:{mail}"), ()):
            yield learner_id, "the other's key is the SHA-1 of this address", 1.0
        for learner_id in index.by_mail.get(mail.lower(), ()):
            yield learner_id, "the same address but for upper and lower case", 0.95
        for learner_id in index.by_local_part.get(_local(mail), ()):
            yield learner_id, "the same name before the @", 0.6 + 0.3 * _alike(orphan, index.people[learner_id])
    for name in orphan.account_names:
        for learner_id in index.by_mail.get(name.lower(), ()):
            yield learner_id, "the account is called like this address", 0.9
        for learner_id in index.by_local_part.get(name.lower(), ()):
            alike = _alike(orphan, index.people[learner_id])
            yield learner_id, "the account is called like this address before the @", 0.6 + 0.3 * alike


def _by_name(orphan: Person, index: _Index) -> Iterable[tuple[int, str, float]]:
    if not orphan.name:
        return
    trigrams = _trigrams(orphan.name)
    shared: Counter[int] = Counter()
    for trigram in trigrams:
        shared.update(index.by_trigram.get(trigram, ()))
    for learner_id, _ in shared.most_common(20):
        alike = _dice(trigrams, index.trigrams[learner_id])
        if alike >= NAMES_ALIKE:
            yield learner_id, "the same name" if alike == 1 else "a name much alike", 0.7 * alike


def _alike(one: Person, other: Person) -> float:
    """How alike the names of two people are, 0 to 1."""
    names = [_trigrams(person.name or person.roster_name or "") for person in (one, other)]
    return _dice(*names) if all(names) else 0.0


def _dice(one: Counter[str], other: Counter[str]) -> float:
    return 2 * (one & other).total() / (one.total() + other.total())


def _trigrams(name: str) -> Counter[str]:
    """Trigrams of a name's words in alphabetical order, without accents and case: Meyer, Zoë is Zoe Meyer."""
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(sign))
    words = sorted(re.findall(r"\w+", plain))
    return Counter(f" {word} "[at : at + 3] for word in words for at in range(len(word)))


def _local(mail: str) -> str:
    return mail.rpartition("@")[0].lower()


def _sha1(text: str) -> str:
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
