"""Who may do what to a list for destruction: nobody skips a step or stands on both sides (CG-20)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field

from pipeline.destruction import ORDER_STATES, Decision, ItemState, Method, Order, OrderState
from pipeline.errors import UserError
from pipeline.language import say
from pipeline.staff import ROLES, Role, person_key


@dataclass(frozen=True)
class DestructionRules:
    """Who must have spoken before anything is destroyed (K13)."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    chain: tuple[Role, ...] = (Role.HEADQUARTERS, Role.COMPLIANCE)
    """Whose opinions the committee waits for: 运营管理部, 合规风控部 (CG-20b)."""
    min_supervisors: Annotated[int, Field(ge=2)] = 2
    """So many see it done (CG-20c); two is the least the rule allows."""


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


def check_record(
    one: ItemState,
    method: Method | None,
    who: str,
    supervisors: Collection[str],
    at: datetime | None,
) -> None:
    """Raise UserError unless a record of destruction names object, method, persons and time (DK-30)."""
    wanted = (
        (say("the object"), one.item.name.strip() and one.item.sha256),
        (say("the method"), method),
        (say("who carries it out"), who.strip()),
        (say("who watches"), all(each.strip() for each in supervisors) and supervisors),
        (say("the time"), at),
    )
    lacking = tuple(what for what, given in wanted if not given)
    if lacking:
        raise UserError(
            say("The record of a destruction lacks {what}; nothing is destroyed.", what=lacking)
        )


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
