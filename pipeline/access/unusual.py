"""Which viewings stand out: many on one day, and branches where the person has no role (CG-19h)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from statistics import median

from pipeline.access.viewing import Viewing
from pipeline.clocks import ZONE
from pipeline.language import Message, say
from pipeline.staff import Appointment, person_key

_TIMES = 5
"""A day with so many times a person's usual one stands out; chosen, to be judged by what it finds."""
_FEW = 20
"""A day with fewer never stands out by its number."""


class UnusualKind(StrEnum):
    """Why viewings stand out."""

    MANY = "many"
    FOREIGN = "foreign"


UNUSUAL: Mapping[UnusualKind, Message] = {
    UnusualKind.MANY: say("many on one day"),
    UnusualKind.FOREIGN: say("of a branch where the person has no role"),
}


@dataclass(frozen=True)
class Unusual:
    """A person's viewings of one day that stand out."""

    day: date
    person: str
    kind: UnusualKind
    count: int
    usual: float
    """The person's median on other days with viewings; 0 when there are none."""
    branches: tuple[str, ...]
    purposes: tuple[str, ...]
    requests: tuple[int, ...]
    """Numbers of the access requests that opened them."""


def unusual(
    viewings: Iterable[Viewing], appointments: Iterable[Appointment], most_a_day: int
) -> tuple[Unusual, ...]:
    """Return what stands out, the newest day first; days are those of Shanghai.

    Many: more than ``most_a_day``, or than five times the person's usual day and at least twenty.
    Foreign: at a branch where no appointment of the person stood at that moment.
    """
    known = tuple(appointments)
    by_day: dict[tuple[str, date], list[Viewing]] = defaultdict(list)
    for one in viewings:
        by_day[one.key, one.at.astimezone(ZONE).date()].append(one)
    found = []
    for (key, day), seen in by_day.items():
        others = [len(some) for (who, when), some in by_day.items() if who == key and when != day]
        usual = median(others) if others else 0
        if len(seen) > most_a_day or (others and len(seen) >= max(_FEW, _TIMES * usual)):
            found.append(_told(UnusualKind.MANY, day, seen, usual))
        if foreign := [one for one in seen if not _has_role(known, one)]:
            found.append(_told(UnusualKind.FOREIGN, day, foreign, usual))
    return tuple(sorted(found, key=lambda one: (-one.day.toordinal(), one.person, one.kind)))


def _has_role(appointments: Iterable[Appointment], seen: Viewing) -> bool:
    return any(
        person_key(one.person) == seen.key
        and one.branch in (None, seen.subject.branch)
        and one.since <= seen.at
        and (one.until is None or seen.at < one.until)
        for one in appointments
    )


def _told(kind: UnusualKind, day: date, seen: list[Viewing], usual: float) -> Unusual:
    return Unusual(
        day,
        seen[0].person,
        kind,
        len(seen),
        usual,
        tuple(sorted({one.subject.branch for one in seen})),
        tuple(sorted({one.purpose for one in seen})),
        tuple(sorted({one.request for one in seen if one.request is not None})),
    )
