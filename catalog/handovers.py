"""Hand-overs of papers to the archivist: what was given, and item by item what became of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, func, insert, select
from sqlalchemy.exc import IntegrityError

from catalog.archives import register
from catalog.log import append
from catalog.tables import handover, handover_act, handover_item
from catalog.within import within
from pipeline.archive import LineKind, Material, by_customer
from pipeline.errors import UserError
from pipeline.handover import (
    Handover,
    HandoverItem,
    ItemState,
    VoucherPapers,
    items_to_give,
    receipt,
)
from pipeline.language import say
from pipeline.staff import person_key

_HELD = (ItemState.GIVEN, ItemState.IN_STORE)
"""States in which an item's papers are given or kept: it is not to be handed over again."""


class Handovers:
    """Keeps hand-overs; items are decided once, by an act that stays."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def all(self, day: date | None = None, branch: str | None = None) -> tuple[Handover, ...]:
        """Give the hand-overs of a day and branch (None: all), in order."""
        with self._engine.connect() as connection:
            return _handovers(connection, day, branch)

    def one(self, no: int) -> Handover:
        """Give one hand-over; raises UserError when there is none of this number."""
        with self._engine.connect() as connection:
            return _one(connection, no)

    def give(
        self,
        day: date,
        branch: str,
        handler: str,
        vouchers: Iterable[VoucherPapers],
        papers: Mapping[str, int],
        explanations: Mapping[str, str],
        by: str,
    ) -> Handover:
        """Hand over what is not given or in store yet; raises UserError as ``items_to_give`` does."""
        with self._engine.begin() as connection:
            held = {
                item.serial_no
                for one in _handovers(connection, day, branch)
                for item in one.items
                if item.state in _HELD
            }
            left = [voucher for voucher in vouchers if voucher.serial_no not in held]
            items = items_to_give(left, papers, explanations)
            no = (connection.execute(select(func.max(handover.c.no))).scalar() or 0) + 1
            given = Handover(no, branch, day, handler, by, datetime.now(UTC), items)
            _enter(connection, given)
        return given

    def receive(
        self,
        no: int,
        refused: Mapping[str, str],
        counted: int,
        materials: Mapping[str, Material],
        by: str,
    ) -> Handover:
        """Take the waiting items into store but for the refused, and register them for their customers.

        ``materials``: serial number -> what it is registered as. Raises UserError as ``receipt`` does, and
        for an item that cannot be registered.
        """
        try:
            return self._receive(no, refused, counted, materials, by)
        except IntegrityError as error:
            raise UserError(say("Somebody was quicker; look at it again.")) from error

    def _receive(
        self,
        no: int,
        refused: Mapping[str, str],
        counted: int,
        materials: Mapping[str, Material],
        by: str,
    ) -> Handover:
        with self._engine.begin() as connection:
            given = _one(connection, no)
            decided = receipt(given, by, refused, counted)
            for item in _by_customer(decided.accepted, materials):
                _decide(connection, no, item.serial_no, ItemState.IN_STORE, "", by)
                material = replace(materials[item.serial_no], pages=item.papers)
                register(connection, LineKind.RECEIVED, material, by, datetime.now(UTC))
            for serial, reason in decided.refused.items():
                _decide(connection, no, serial, ItemState.REFUSED, reason.strip(), by)
            append(
                connection,
                by,
                "handover.receive",
                str(no),
                received=[item.serial_no for item in decided.accepted],
                papers=counted,
                refused=sorted(decided.refused),
            )
            return _one(connection, no)


def _by_customer(
    items: Sequence[HandoverItem], materials: Mapping[str, Material]
) -> list[HandoverItem]:
    """Sort items by customer number (CG-17.1a), so that bags are numbered in that order."""
    for item in items:
        if item.serial_no not in materials:
            raise UserError(
                say(
                    "{serial} is not booked any more, so nobody knows whose it is; refuse it with a reason.",
                    serial=item.serial_no,
                )
            )
    return sorted(items, key=lambda item: by_customer(materials[item.serial_no].customer_no))


def _enter(connection: Connection, given: Handover) -> None:
    connection.execute(
        insert(handover).values(
            no=given.no,
            business_date=given.day,
            branch=given.branch,
            handler=given.handler,
            person=given.giver,
            person_key=person_key(given.giver),
            at=given.given_at,
        )
    )
    connection.execute(
        insert(handover_item),
        [
            {
                "handover_no": given.no,
                "serial_no": item.serial_no,
                "expected": item.expected,
                "imaged": item.imaged,
                "papers": item.papers,
                "explanation": item.explanation,
            }
            for item in given.items
        ],
    )
    append(
        connection,
        given.giver,
        "handover.give",
        str(given.no),
        branch=given.branch,
        day=given.day.isoformat(),
        handler=given.handler,
        items=len(given.items),
        papers=given.papers,
    )


def _decide(
    connection: Connection, no: int, serial_no: str, state: ItemState, reason: str, by: str
) -> None:
    connection.execute(
        insert(handover_act).values(
            handover_no=no,
            serial_no=serial_no,
            state=str(state),
            reason=reason,
            person=by,
            person_key=person_key(by),
            at=datetime.now(UTC),
        )
    )


def _one(connection: Connection, no: int) -> Handover:
    found = _read(connection, select(handover).where(handover.c.no == no))
    if not found:
        raise UserError(say("There is no hand-over {no}; see “paperproof handover list”.", no=no))
    return found[0]


def _handovers(
    connection: Connection, day: date | None, branch: str | None
) -> tuple[Handover, ...]:
    return _read(connection, within(select(handover), handover, day, branch))


def _read(connection: Connection, query: Select[Any]) -> tuple[Handover, ...]:
    heads = connection.execute(query.order_by(handover.c.no)).all()
    wanted = query.with_only_columns(handover.c.no).order_by(None)
    items: dict[int, list[HandoverItem]] = {row.no: [] for row in heads}
    acts = {
        (row.handover_no, row.serial_no): row
        for row in connection.execute(
            select(handover_act).where(handover_act.c.handover_no.in_(wanted))
        )
    }
    of_heads = select(handover_item).where(handover_item.c.handover_no.in_(wanted))
    for row in connection.execute(of_heads.order_by(handover_item.c.serial_no)):
        items[row.handover_no].append(_item(row, acts.get((row.handover_no, row.serial_no))))
    return tuple(_head(row, items[row.no]) for row in heads)


def _head(row: Row[Any], items: Sequence[HandoverItem]) -> Handover:
    return Handover(
        row.no, row.branch, row.business_date, row.handler, row.person, row.at, tuple(items)
    )


def _item(row: Row[Any], act: Row[Any] | None) -> HandoverItem:
    given = HandoverItem(
        serial_no=row.serial_no,
        expected=row.expected,
        imaged=row.imaged,
        papers=row.papers,
        explanation=row.explanation,
        state=ItemState.GIVEN if row.papers else ItemState.NO_PAPER,
    )
    if act is None:
        return given
    return replace(
        given,
        state=ItemState(act.state),
        reason=act.reason,
        decided_by=act.person,
        decided_at=act.at,
    )
