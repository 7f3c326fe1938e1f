"""The blind sample: automatic matches that people decide once more without knowing what the program chose."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

import numpy as np
from rapidfuzz.distance import Levenshtein

from pipeline.errors import UserError
from pipeline.language import say
from pipeline.model import Transaction
from pipeline.staff import person_key

CONFIDENCE = 0.95
_DECOYS = 4
"""Transactions shown beside the matched one; guessing is right once in six times, "none" among them."""

_T = TypeVar("_T")


@dataclass(frozen=True)
class Decision:
    """One automatic match as it was closed."""

    day: date
    branch: str
    serial_no: str
    pages: tuple[str, ...]
    """SHA-256 of its pages."""
    names: tuple[str, ...]
    """Their files' names."""

    @property
    def key(self) -> tuple[str, str, str]:
        """What it is told from others by."""
        return self.day.isoformat(), self.branch, self.serial_no


@dataclass(frozen=True)
class Answer:
    """What one person chose: a serial number, or none of those shown."""

    person: str
    choice: str | None
    at: datetime


@dataclass(frozen=True)
class SampleItem:
    """One match of a sample, the transactions shown with it, and what people chose."""

    no: int
    decision: Decision
    candidates: tuple[str, ...]
    """Serial numbers in the order shown."""
    answers: tuple[Answer, ...] = ()
    """In order; only the person who chose first may choose again."""

    @property
    def answer(self) -> Answer | None:
        """What counts; None while it is open."""
        return self.answers[-1] if self.answers else None

    @property
    def agrees(self) -> bool:
        """Whether the person chose what the program had matched."""
        return self.answer is not None and self.answer.choice == self.decision.serial_no

    def chosen(self, number: int) -> str | None:
        """Return the serial number of a choice, None for 0; raises UserError when there is no such choice."""
        if not 0 <= number <= len(self.candidates):
            raise UserError(
                say(
                    "There is no choice {number}; say 1 to {most}, or 0 for none of these.",
                    number=number,
                    most=len(self.candidates),
                )
            )
        return self.candidates[number - 1] if number else None

    def may_answer(self, person: str, barred: Iterable[str]) -> None:
        """Raise UserError when somebody else chose already, or the person's key is among ``barred``."""
        key = person_key(person)
        if key in barred:
            raise UserError(
                say(
                    "{person} captured, keyed, handled or reviewed the voucher of item {no}; another must "
                    "look at it.",
                    person=person,
                    no=self.no,
                )
            )
        if self.answer is not None and person_key(self.answer.person) != key:
            raise UserError(
                say(
                    "Item {no} is answered already; go on with “paperproof sample next”.",
                    no=self.no,
                )
            )


@dataclass(frozen=True)
class Measure:
    """What a month's samples say of false matches."""

    drawn: int
    answered: int
    disagreed: int

    @property
    def rate(self) -> float | None:
        """Share of answered matches on which people chose otherwise; None while nothing is answered."""
        return self.disagreed / self.answered if self.answered else None

    @property
    def upper_bound(self) -> float:
        """The false-match rate is below this with 95 % confidence (Clopper and Pearson 1934, one-sided)."""
        if self.disagreed >= self.answered:
            return 1.0
        right = self.answered - self.disagreed
        from scipy.special import betaincinv  # takes its time to load, and only a result needs it

        return float(betaincinv(self.disagreed + 1, right, CONFIDENCE))


def measured(items: Iterable[SampleItem]) -> Measure:
    """Count a month's items."""
    every = list(items)
    answered = [one for one in every if one.answer is not None]
    return Measure(len(every), len(answered), sum(not one.agrees for one in answered))


def draw(population: Iterable[Decision], size: int, seed: int) -> tuple[Decision, ...]:
    """Draw ``size`` matches, as many of each branch, and within it of each day, as there are.

    The same population and seed give the same draw, in whatever order the population comes.
    """
    rng = np.random.default_rng(seed)
    branches: dict[str, dict[date, list[Decision]]] = {}
    for one in sorted(population, key=lambda decision: decision.key):
        branches.setdefault(one.branch, {}).setdefault(one.day, []).append(one)
    turns = [
        _in_turn([_shuffled(of_day, rng) for of_day in _shuffled(list(days.values()), rng)])
        for days in branches.values()
    ]
    return tuple(_in_turn(_shuffled(turns, rng))[:size])


def _shuffled(several: Sequence[_T], rng: np.random.Generator) -> list[_T]:
    return [several[place] for place in rng.permutation(len(several))]


def _in_turn(queues: Sequence[Sequence[_T]]) -> list[_T]:
    """Take one of each queue in turn until all are empty."""
    longest = max((len(queue) for queue in queues), default=0)
    return [queue[turn] for turn in range(longest) for queue in queues if turn < len(queue)]


def candidates(
    matched: Transaction, others: Iterable[Transaction], seed: Sequence[int]
) -> tuple[str, ...]:
    """Return the matched transaction's serial number among those nearest to it, in random order.

    ``others``: the branch and day's transactions; near are those alike in amount, name and serial number.
    """
    nearest = sorted(
        (one for one in others if one.serial_no != matched.serial_no),
        key=lambda one: (-_likeness(one, matched), one.serial_no),
    )
    shown = [matched.serial_no, *(one.serial_no for one in nearest[:_DECOYS])]
    return tuple(_shuffled(sorted(shown), np.random.default_rng(list(seed))))


def _likeness(one: Transaction, other: Transaction) -> float:
    """How alike two transactions look on paper, 0 to 3."""
    pairs = (
        (one.serial_no, other.serial_no),
        (one.customer_name, other.customer_name),
        (str(one.amount), str(other.amount)),
    )
    return sum(Levenshtein.normalized_similarity(left, right) for left, right in pairs)
