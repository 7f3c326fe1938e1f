"""Carriers of cold volumes (CG-05b): what is on them, where they lie, and when they must be looked at.

Nothing of a carrier is ever overwritten: how it stands follows from its acts, in their order.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from pipeline.errors import UserError
from pipeline.language import Message, say

_NUMBER = re.compile(r"\w[\w.-]{0,31}")
_YEAR = timedelta(days=365.25)


class CarrierKind(StrEnum):
    """What a carrier is (第五条: 磁带、磁盘、光盘)."""

    TAPE = "tape"
    DISK = "disk"
    OPTICAL = "optical"


KINDS: Mapping[CarrierKind, Message] = {
    CarrierKind.TAPE: say("tape"),
    CarrierKind.DISK: say("disk"),
    CarrierKind.OPTICAL: say("optical disc"),
}


class CarrierActKind(StrEnum):
    """What was done with a carrier."""

    PLACED = "placed"
    MOVED = "moved"
    WRITTEN = "written"
    GOOD = "good"
    """A read test of one of its volumes: whole, and as the register knows it."""
    BAD = "bad"
    WITHDRAWN = "withdrawn"


CARRIER_ACTS: Mapping[CarrierActKind, Message] = {
    CarrierActKind.PLACED: say("placed"),
    CarrierActKind.MOVED: say("moved"),
    CarrierActKind.WRITTEN: say("written"),
    CarrierActKind.GOOD: say("read back, whole"),
    CarrierActKind.BAD: say("read back, BAD"),
    CarrierActKind.WITHDRAWN: say("no longer in use"),
}


@dataclass(frozen=True)
class CarrierAct:
    """One act; ``detail`` is the place, the faults or the reason."""

    kind: CarrierActKind
    volume: str | None
    who: str
    at: datetime
    detail: str


@dataclass(frozen=True)
class Holding:
    """One volume on one carrier."""

    volume: str
    written_at: datetime
    tested_at: datetime | None = None
    good: bool = False
    """How the last read test came out; False while there was none."""


@dataclass(frozen=True)
class Carrier:
    """A carrier as it stands."""

    number: str
    kind: CarrierKind
    capacity: int | None
    """In bytes, where it was told."""
    quality: str
    """Its make or quality class (RC-03), as written down."""
    entered_at: datetime
    place: str = ""
    withdrawn: str = ""
    """Why it is no longer in use; empty while it is."""
    holdings: Mapping[str, Holding] = field(default_factory=dict)

    @property
    def in_use(self) -> bool:
        """Whether its copies count."""
        return not self.withdrawn

    def after(self, acts: Iterable[CarrierAct]) -> Carrier:
        """Return it as these acts leave it."""
        one = self
        for act in acts:
            one = _after(one, act)
        return one


@dataclass(frozen=True)
class CarrierRules:
    """When a carrier must be looked at or copied."""

    read_test_days: int
    refresh_years: Mapping[CarrierKind, float]


@dataclass(frozen=True)
class DueCarrier:
    """A carrier that something must be done with, and why."""

    carrier: Carrier
    refresh: bool
    """Whether it must be copied to another one; else a read test is enough."""
    why: Message


def due(carriers: Iterable[Carrier], rules: CarrierRules, now: datetime) -> tuple[DueCarrier, ...]:
    """Give the carriers in use that must be copied or read, each with its first reason."""
    found = []
    for one in carriers:
        if one.in_use and one.holdings and (why := _why(one, rules, now)):
            found.append(DueCarrier(one, *why))
    return tuple(found)


def checked_number(number: str) -> str:
    """Return a carrier's number; raises UserError when it cannot stand on a label."""
    if not _NUMBER.fullmatch(number):
        raise UserError(
            say(
                "“{number}” cannot be a carrier's number; use up to 32 letters, digits, . - and _.",
                number=number,
            )
        )
    return number


def _after(one: Carrier, act: CarrierAct) -> Carrier:
    if act.kind in (CarrierActKind.PLACED, CarrierActKind.MOVED):
        return replace(one, place=act.detail)
    if act.kind is CarrierActKind.WITHDRAWN:
        return replace(one, withdrawn=act.detail)
    if act.volume is None:
        return one
    if act.kind is CarrierActKind.WRITTEN:
        held = Holding(act.volume, act.at)
    else:
        good = act.kind is CarrierActKind.GOOD
        held = replace(one.holdings[act.volume], tested_at=act.at, good=good)
    return replace(one, holdings={**one.holdings, act.volume: held})


def _why(one: Carrier, rules: CarrierRules, now: datetime) -> tuple[bool, Message] | None:
    held: Sequence[Holding] = list(one.holdings.values())
    bad = sorted(each.volume for each in held if each.tested_at and not each.good)
    if bad:
        return True, say("{volume} on it was read back bad", volume=bad[0])
    years = rules.refresh_years[one.kind]
    if min(each.written_at for each in held) + years * _YEAR <= now:
        return True, say("it was written more than {years} years ago", years=f"{years:g}")
    unread = sorted(each.volume for each in held if each.tested_at is None)
    if unread:
        return False, say("{volume} on it was never read back", volume=unread[0])
    oldest = min(each.tested_at or each.written_at for each in held)
    if oldest + timedelta(days=rules.read_test_days) <= now:
        return False, say("its last read test is of {day}", day=oldest.date().isoformat())
    return None
