"""How much of a day's vouchers the program recognised by itself, where, and how that goes on.

The trade's figure: in one bank's first month, 301,194 vouchers of 47 branches, 60.02 % were recognised
without a person, by branch 31.28 to 80.45 %.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from pipeline.recognition_causes import Cause

TRADE_AVERAGE = 0.6002
TRADE_LEAST, TRADE_MOST = 0.3128, 0.8045


@dataclass(frozen=True)
class Handled:
    """What became of one transaction for which paper is due, or of a page that is no transaction's."""

    day: date
    branch: str
    station: str | None
    """Where its page was scanned; None of a transaction without a page."""
    form: str | None
    """The known form that its page was read by; None when it was read whole."""
    teller: str | None
    """None of a page that is no transaction's."""
    automatic: bool
    """Matched, agreeing, and no person asked or heard."""
    keyed: bool
    """People keyed a value of it."""
    discrepancies: int
    cause: Cause | None
    """Why it was not automatic; None when it was."""

    @property
    def is_transaction(self) -> bool:
        """Whether it counts in the share; a stray page does not, it has no voucher that is missed."""
        return self.teller is not None


class By(StrEnum):
    """What the figures are told by."""

    BRANCH = "branch"
    STATION = "station"
    FORM = "form"
    TELLER = "teller"


_KEYS: Mapping[By, Callable[[Handled], tuple[str | None, ...]]] = {
    By.BRANCH: lambda one: (one.branch,),
    By.STATION: lambda one: (one.branch, one.station),
    By.FORM: lambda one: (one.form if one.station else _NO_PAGE,),
    By.TELLER: lambda one: (one.branch, one.teller),
}
_NO_PAGE = ""


@dataclass(frozen=True)
class Figures:
    """The count of a group."""

    transactions: int
    """For which paper is due."""
    automatic: int
    keyed: int
    discrepancies: int

    @property
    def share(self) -> float | None:
        """Share recognised without a person, 0 to 1; None where there was nothing."""
        return self.automatic / self.transactions if self.transactions else None


@dataclass(frozen=True)
class Group:
    """The figures of one branch, station, form or teller."""

    key: tuple[str | None, ...]
    """Branch; branch and station; form (None: read whole, "": no page); branch and teller."""
    figures: Figures


def figures(handled: Iterable[Handled]) -> Figures:
    """Count a group."""
    every = list(handled)
    booked = [one for one in every if one.is_transaction]
    return Figures(
        transactions=len(booked),
        automatic=sum(one.automatic for one in booked),
        keyed=sum(one.keyed for one in booked),
        discrepancies=sum(one.discrepancies for one in every),
    )


def grouped(handled: Iterable[Handled], by: By) -> tuple[Group, ...]:
    """Give each group's figures, the lowest share first: there is most to gain."""
    members: dict[tuple[str | None, ...], list[Handled]] = {}
    for one in handled:
        if by is not By.TELLER or one.is_transaction:
            members.setdefault(_KEYS[by](one), []).append(one)
    groups = [Group(key, figures(several)) for key, several in members.items()]
    return tuple(sorted(groups, key=_lowest_first))


def _lowest_first(group: Group) -> tuple[float, int, tuple[str, ...]]:
    share = group.figures.share
    named = tuple(part or "" for part in group.key)
    return (2.0 if share is None else share, -group.figures.transactions, named)


def trend(handled: Sequence[Handled]) -> tuple[tuple[date, Figures], ...]:
    """Give each day's figures, in order."""
    days = sorted({one.day for one in handled})
    return tuple((day, figures(one for one in handled if one.day == day)) for day in days)


def causes(handled: Iterable[Handled]) -> tuple[tuple[Cause, int], ...]:
    """Count why vouchers and pages were not automatic, every cause there is; each stands under one alone."""
    counted = Counter(one.cause for one in handled if one.cause is not None)
    return tuple((cause, counted[cause]) for cause in Cause)
