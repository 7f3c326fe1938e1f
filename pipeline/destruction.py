"""Destruction of papers and images whose time is over: a list, opinions, a committee, supervisors (CG-20).

Nobody skips a step and nobody stands on both sides: the rules for that are here, without any table.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field

from pipeline.clocks import ZONE
from pipeline.errors import UserError
from pipeline.language import Message, say
from pipeline.staff import ROLES, Role, person_key


class ItemKind(StrEnum):
    """What is destroyed."""

    IMAGE = "image"
    FILE = "file"
    """A file of several pages, as it was delivered."""
    TEXT = "text"
    INDEX = "index"
    """A page's words in the search index."""
    PAPER = "paper"
    BACKUP = "backup"
    """A cold volume in its folder or on a carrier, destroyed as a thing."""


ITEM_KINDS: Mapping[ItemKind, Message] = {
    ItemKind.IMAGE: say("image"),
    ItemKind.FILE: say("delivered file"),
    ItemKind.TEXT: say("searchable text"),
    ItemKind.INDEX: say("index entry"),
    ItemKind.PAPER: say("paper"),
    ItemKind.BACKUP: say("backup"),
}
ONLINE = (ItemKind.IMAGE, ItemKind.FILE, ItemKind.TEXT)
"""Objects at both stores."""
BY_HAND = (ItemKind.PAPER, ItemKind.BACKUP)
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
class DestructionRules:
    """Who must have spoken before anything is destroyed (K13)."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    chain: tuple[Role, ...] = (Role.HEADQUARTERS, Role.COMPLIANCE)
    """Whose opinions the committee waits for: 运营管理部, 合规风控部 (CG-20b)."""
    min_supervisors: Annotated[int, Field(ge=2)] = 2
    """So many see it done (CG-20c); two is the least the rule allows."""


@dataclass(frozen=True)
class Item:
    """One thing on a list, named so that nobody can mean another."""

    kind: ItemKind
    name: str
    """Key of an object, SHA-256 of a page (index), branch/day/serial (paper), volume@place (backup)."""
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


def check_opinion(order: Order, rules: DestructionRules, role: Role, text: str, who: str) -> None:
    """Raise UserError unless a department may speak now, once, by somebody who did not list or speak."""
    _must_be(order, OrderState.LISTED)
    if role not in rules.chain:
        raise UserError(
            say(
                "Opinions are asked of {roles}.",
                roles=tuple(ROLES[one] for one in rules.chain),
            )
        )
    if not text.strip():
        raise UserError(
            say("Say what the department thinks with --text; it stays in the register.")
        )
    for one in order.opinions:
        if one.role is role:
            raise UserError(
                say(
                    "{role} spoke of list {no} already, by {person}.",
                    role=ROLES[role],
                    no=order.no,
                    person=one.person,
                )
            )
    _must_not_be(order, who, (order.listed_by, *(one.person for one in order.opinions)))


def check_decision(order: Order, rules: DestructionRules, decision: Decision) -> None:
    """Raise UserError unless the committee may decide so now: nobody's opinion may be skipped."""
    _must_be(order, OrderState.LISTED)
    if not decision.minutes.strip():
        raise UserError(say("Say where the committee's decision is minuted with --minutes."))
    _must_not_be(order, decision.person, (order.listed_by,))
    if not decision.approved:
        return
    spoken = {one.role: one for one in order.opinions}
    lacking = tuple(ROLES[role] for role in rules.chain if role not in spoken)
    if lacking:
        raise UserError(
            say(
                "List {no} cannot be approved: {roles} did not speak yet.",
                no=order.no,
                roles=lacking,
            )
        )
    for one in order.opinions:
        if not one.agrees:
            raise UserError(
                say(
                    "List {no} cannot be approved: {role} objects ({text}). Turn it down and list anew what "
                    "is free.",
                    no=order.no,
                    role=ROLES[one.role],
                    text=one.text,
                )
            )


def check_attendance(order: Order, who: str) -> None:
    """Raise UserError when somebody cannot be a supervisor of this destruction."""
    _must_be(order, OrderState.APPROVED)
    _must_not_be(order, who, (order.listed_by,))


def check_presence(order: Order, rules: DestructionRules, who: str, day: date) -> tuple[str, ...]:
    """Return the supervisors who are present; raises UserError where there are too few (CG-20c).

    Who carries it out is none of them: supervisors watch.
    """
    _must_be(order, OrderState.APPROVED)
    watching = tuple(
        {
            person_key(one): one for one in order.present(day) if person_key(one) != person_key(who)
        }.values()
    )
    if len(watching) < rules.min_supervisors:
        raise UserError(
            say(
                "{count} supervisors besides {person} are entered as present on {day}, {least} must be: "
                "“paperproof destroy attend {no} --as NAME”.",
                count=len(watching),
                person=who,
                day=day,
                least=rules.min_supervisors,
                no=order.no,
            )
        )
    return watching


def check_verification(order: Order, who: str) -> None:
    """Raise UserError unless all was carried out, and somebody else than its doers verifies it (CG-20d)."""
    left = sum(one.open for one in order.items)
    if order.state is OrderState.APPROVED:
        raise UserError(
            say(
                "{count} items of list {no} are not destroyed; destroy them, or take them off with "
                "“paperproof destroy withdraw”.",
                count=left,
                no=order.no,
            )
        )
    _must_be(order, OrderState.CARRIED_OUT)
    _must_not_be(order, who, (one.done_by for one in order.items if one.done_by))


def _must_be(order: Order, state: OrderState) -> None:
    if order.state is not state:
        raise UserError(
            say(
                "List {no}: {state}; that cannot be done now.",
                no=order.no,
                state=ORDER_STATES[order.state],
            )
        )


def _must_not_be(order: Order, who: str, others: Iterable[str]) -> None:
    for other in others:
        if person_key(who) == person_key(other):
            raise UserError(
                say(
                    "{person} had a part in list {no} already; somebody else must do this.",
                    person=who,
                    no=order.no,
                )
            )
