"""Levels of secrecy (密级): how secret a thing is, and who may know what is (BM-01, RC-12).

The profile orders the levels from the lowest, which is open to whoever the permission check lets in. What is
higher only those may know who are on the access list of its level, or of a higher one. A thing is as secret
as the highest of: its document type, what somebody decided on the thing itself, and on its archive; what
holds several things is as secret as the highest of them (B2-09, ``pipeline.contents``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from pydantic import Field

from pipeline.access.policy import Person
from pipeline.contents import greatest
from pipeline.document_types import Part
from pipeline.errors import UserError
from pipeline.language import Message, Named, say
from pipeline.staff import Role, person_key


class Level(Part):
    """One level of secrecy."""

    code: str = Field(pattern="^[A-Z][A-Z0-9_]{0,31}$")
    name: Named


LEVELS = (
    Level(code="NORMAL", name=Named(zh="普通", en="normal")),
    Level(code="SECRET", name=Named(zh="机密", en="secret")),
    Level(code="TOP_SECRET", name=Named(zh="绝密", en="top secret")),
)
"""Where a profile names none (信用社客户信息管理操作制度 第16条)."""


@dataclass(frozen=True)
class Ladder:
    """The levels of a profile, the lowest first."""

    levels: tuple[Level, ...]

    @property
    def lowest(self) -> Level:
        """The level of what nobody decided on."""
        return self.levels[0]

    def rank(self, code: str | None) -> int:
        """How high a level stands; one that the profile no longer has stands above all: nobody knows it."""
        if code is None:
            return 0
        codes = [one.code for one in self.levels]
        return codes.index(code) if code in codes else len(codes)

    def of(self, code: str) -> Level:
        """Return a level by its code; raises UserError when there is none."""
        for one in self.levels:
            if code.strip().upper() == one.code or code.strip() == one.name.zh:
                return one
        raise UserError(
            say(
                "There is no level of secrecy {code}; there are {levels}.",
                code=code,
                levels=", ".join(one.code for one in self.levels),
            )
        )

    def highest(self, codes: Iterable[str | None]) -> Level:
        """Return the highest of some levels, the lowest there is of none."""
        code = greatest(codes, self.rank)
        known = self.rank(code) < len(self.levels)
        return (
            self.levels[self.rank(code)]
            if code is None or known
            else Level.model_construct(code=code, name=Named(zh=code, en=code))
        )


@dataclass(frozen=True)
class Mark:
    """How one thing of a list is shown to somebody."""

    level: Level
    is_known: bool
    """Whether the person may know it; else the list tells no more than that something is there."""


class ItemKind(StrEnum):
    """What a level can be decided on."""

    ARCHIVE = "archive"
    PAGE = "page"
    PACKAGE = "package"


ITEM_KINDS: Mapping[ItemKind, Message] = {
    ItemKind.ARCHIVE: say("customer's archive"),
    ItemKind.PAGE: say("page"),
    ItemKind.PACKAGE: say("born-digital package"),
}


@dataclass(frozen=True)
class Item:
    """A thing that somebody decides on."""

    kind: ItemKind
    key: str
    """The customer's number, the page's SHA-256, the package's identity."""
    branch: str


class LevelActKind(StrEnum):
    """What was done to a thing's own level."""

    RAISE = "raise"
    LOWER = "lower"
    """Asked for; it counts once another person confirms it."""
    CONFIRM = "confirm"
    REFUSE = "refuse"


LEVEL_ACTS: Mapping[LevelActKind, Message] = {
    LevelActKind.RAISE: say("raised"),
    LevelActKind.LOWER: say("lowering asked for"),
    LevelActKind.CONFIRM: say("lowering confirmed"),
    LevelActKind.REFUSE: say("lowering refused"),
}


@dataclass(frozen=True)
class LevelAct:
    """A line of the register of levels; never changed."""

    no: int
    item: Item
    kind: LevelActKind
    level: str
    reason: str
    person: str
    at: datetime


def own_level(acts: Iterable[LevelAct]) -> str | None:
    """Return a thing's own level after its acts; None: nobody decided on it."""
    level: str | None = None
    for one in acts:
        if one.kind in (LevelActKind.RAISE, LevelActKind.CONFIRM):
            level = one.level
    return level


def waiting(acts: Sequence[LevelAct]) -> LevelAct | None:
    """Return the lowering of one thing that waits for another person; None: none does."""
    return acts[-1] if acts and acts[-1].kind is LevelActKind.LOWER else None


@dataclass(frozen=True)
class Ended:
    """The end of a place on an access list, before its last day."""

    reason: str
    by: str
    at: datetime


@dataclass(frozen=True)
class Reader:
    """A place on the access list of a level: a person, or all who hold a role."""

    no: int
    level: str
    role: Role | None
    person: str
    """Empty: whoever holds the role."""
    since: date
    until: date | None
    """The last day; None: until it is ended."""
    reason: str
    by: str
    at: datetime
    ended: Ended | None = None

    def holds_on(self, day: date) -> bool:
        """Whether it stands on a day, in China."""
        return (
            self.ended is None and self.since <= day and (self.until is None or day <= self.until)
        )

    def lets_in(self, person: Person, branch: str) -> bool:
        """Whether it means a person who reads something of a branch."""
        if self.role is None:
            return person_key(self.person) == person.key
        return any(one.role is self.role and one.branch in (None, branch) for one in person.roles)


def may_know(
    ladder: Ladder, level: str, readers: Iterable[Reader], person: Person, branch: str, day: date
) -> bool:
    """Whether a person may know what has a level: it is the lowest, or its access list has the person."""
    wanted = ladder.rank(level)
    return wanted == 0 or any(
        wanted <= ladder.rank(one.level) < len(ladder.levels)
        and one.holds_on(day)
        and one.lets_in(person, branch)
        for one in readers
    )
