"""Destruction of papers and images whose time is over: a list, opinions, a committee, supervisors (CG-20).

Who may do what to a list, and when, is in ``pipeline.destruction_rules``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from pipeline.clocks import ZONE
from pipeline.language import Message, say
from pipeline.staff import Role


class ItemKind(StrEnum):
    """What is destroyed."""

    IMAGE = "image"
    FILE = "file"
    """A file of several pages, as it was delivered."""
    TEXT = "text"
    INDEX = "index"
    """A page's words in the search index."""
    DIGITAL = "digital"
    """A file of a born-digital package."""
    PLACE = "place"
    """A film's copy on a disc or a file server."""
    PAPER = "paper"
    BACKUP = "backup"
    """A cold volume in its folder or on a carrier, destroyed as a thing."""


ITEM_KINDS: Mapping[ItemKind, Message] = {
    ItemKind.IMAGE: say("image"),
    ItemKind.FILE: say("delivered file"),
    ItemKind.TEXT: say("searchable text"),
    ItemKind.INDEX: say("index entry"),
    ItemKind.DIGITAL: say("electronic file"),
    ItemKind.PLACE: say("copy on disc or server"),
    ItemKind.PAPER: say("paper"),
    ItemKind.BACKUP: say("backup"),
}
ONLINE = (ItemKind.IMAGE, ItemKind.FILE, ItemKind.TEXT, ItemKind.DIGITAL)
"""Objects at both stores."""
BY_HAND = (ItemKind.PAPER, ItemKind.BACKUP, ItemKind.PLACE)
"""What people destroy, and confirm one by one."""


class Method(StrEnum):
    """How something is destroyed (DK-30); selling as waste is none of them (K13)."""

    ERASED = "erased"
    SHREDDED = "shredded"
    PULPED = "pulped"
    BURNT = "burnt"
    CRUSHED = "crushed"


METHODS: Mapping[Method, Message] = {
    Method.ERASED: say("erased"),
    Method.SHREDDED: say("shredded"),
    Method.PULPED: say("pulped"),
    Method.BURNT: say("burnt"),
    Method.CRUSHED: say("crushed"),
}


@dataclass(frozen=True)
class Item:
    """One thing on a list, named so that nobody can mean another."""

    kind: ItemKind
    name: str
    """Key of an object, SHA-256 of a page (index), branch/day/serial (paper), volume@place (backup),
    key@disc or key@server (such a copy)."""
    sha256: str
    """Of its bytes; of a paper, of what tells it apart and its images; of a backup, of its manifest."""
    size: int
    """Bytes; pages of a paper; objects in a backup."""
    customer_no: str
    """Empty: of several."""
    rule: str
    """The rule that kept it longest, and until when."""
    until: date | None


@dataclass(frozen=True)
class Opinion:
    """What a department says of a list."""

    role: Role
    agrees: bool
    text: str
    person: str
    at: datetime


@dataclass(frozen=True)
class Decision:
    """The risk committee's decision, with where it is minuted."""

    approved: bool
    minutes: str
    person: str
    at: datetime


@dataclass(frozen=True)
class Attendance:
    """Somebody who sees to it on a day."""

    person: str
    at: datetime


@dataclass(frozen=True)
class ItemState:
    """How far an item is."""

    no: int
    """From 1, in the order of the list."""
    item: Item
    begun_at: datetime | None = None
    gone_at: datetime | None = None
    method: Method | None = None
    done_by: str = ""
    withdrawn: str = ""
    """Why it was taken off the list; empty: it was not."""

    @property
    def open(self) -> bool:
        """Whether it is still to be destroyed."""
        return self.gone_at is None and not self.withdrawn


class OrderState(StrEnum):
    """How a list stands."""

    LISTED = "listed"
    REFUSED = "refused"
    APPROVED = "approved"
    CARRIED_OUT = "carried_out"
    VERIFIED = "verified"


ORDER_STATES: Mapping[OrderState, Message] = {
    OrderState.LISTED: say("waits for opinions and the committee"),
    OrderState.REFUSED: say("turned down"),
    OrderState.APPROVED: say("approved, being carried out"),
    OrderState.CARRIED_OUT: say("carried out, to be verified"),
    OrderState.VERIFIED: say("verified"),
}


@dataclass(frozen=True)
class Order:
    """A list with all that was said and done about it."""

    no: int
    branch: str
    listed_by: str
    at: datetime
    sha256: str
    """Of the list: what people agree to is this very list."""
    items: tuple[ItemState, ...]
    opinions: tuple[Opinion, ...] = ()
    decision: Decision | None = None
    attendances: tuple[Attendance, ...] = ()
    verified_by: str = ""
    verified_at: datetime | None = None
    looked: Mapping[str, int] = field(default_factory=dict)
    """What the verification looked at."""

    @property
    def code(self) -> str:
        """What the bar code of its register says: number and beginning of its digest."""
        return f"DESTROY-{self.no:06d}-{self.sha256[:8]}"

    @property
    def changed_at(self) -> datetime:
        """When something was said or done about it last."""
        moments = [self.at, *(one.at for one in self.opinions)]
        moments += [one.at for one in self.attendances]
        moments += [one.gone_at for one in self.items if one.gone_at]
        moments += [self.decision.at] if self.decision else []
        moments += [self.verified_at] if self.verified_at else []
        return max(moments)

    @property
    def state(self) -> OrderState:
        """How it stands."""
        if self.decision is None:
            return OrderState.LISTED
        if not self.decision.approved:
            return OrderState.REFUSED
        if self.verified_at:
            return OrderState.VERIFIED
        return (
            OrderState.APPROVED if any(one.open for one in self.items) else OrderState.CARRIED_OUT
        )

    def present(self, day: date) -> tuple[str, ...]:
        """Who is entered as present on a day, in Shanghai."""
        return tuple(
            one.person for one in self.attendances if one.at.astimezone(ZONE).date() == day
        )


def list_digest(branch: str, items: Sequence[Item]) -> str:
    """Return the SHA-256 of a list, whoever made it and when."""
    rows = [
        [one.kind, one.name, one.sha256, one.size, one.customer_no, one.rule, str(one.until)]
        for one in items
    ]
    told = json.dumps([branch, rows], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(told.encode()).hexdigest()
