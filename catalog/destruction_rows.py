"""Lists of destruction as they stand in the tables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Row, Table, select

from catalog.tables import (
    destroyed_item,
    destruction_attendance,
    destruction_decision,
    destruction_end,
    destruction_item,
    destruction_opinion,
    destruction_order,
    destruction_withdrawal,
)
from pipeline.destruction import (
    Attendance,
    Decision,
    Item,
    ItemKind,
    ItemState,
    Method,
    Opinion,
    Order,
)
from pipeline.staff import Role


def load_orders(connection: Connection, no: int | None = None) -> tuple[Order, ...]:
    """Give one list, or all, with all that was said and done about it."""
    query = select(destruction_order).order_by(destruction_order.c.no)
    if no is not None:
        query = query.where(destruction_order.c.no == no)
    return tuple(_order(connection, row) for row in connection.execute(query).all())


def _order(connection: Connection, row: Row[Any]) -> Order:
    opinions = _of(connection, destruction_opinion, row.no, "at")
    decision = next(_of(connection, destruction_decision, row.no, "at"), None)
    present = _of(connection, destruction_attendance, row.no, "id")
    end = next(_of(connection, destruction_end, row.no, "at"), None)
    return Order(
        no=row.no,
        branch=row.branch,
        listed_by=row.person,
        at=row.at,
        sha256=row.sha256,
        items=_items(connection, row.no),
        opinions=tuple(
            Opinion(Role(one.role), one.agrees, one.text, one.person, one.at) for one in opinions
        ),
        decision=decision
        and Decision(decision.approved, decision.minutes, decision.person, decision.at),
        attendances=tuple(Attendance(one.person, one.at) for one in present),
        verified_by=end.person if end else "",
        verified_at=end.at if end else None,
        looked=end.looked if end else {},
    )


def _items(connection: Connection, no: int) -> tuple[ItemState, ...]:
    done = {one.no: one for one in _of(connection, destroyed_item, no, "no")}
    off = {one.no: one.reason for one in _of(connection, destruction_withdrawal, no, "no")}
    return tuple(
        _state(row, done.get(row.no), off.get(row.no, ""))
        for row in _of(connection, destruction_item, no, "no")
    )


def _state(row: Row[Any], done: Row[Any] | None, withdrawn: str) -> ItemState:
    item = Item(
        ItemKind(row.kind), row.name, row.sha256, row.size, row.customer_no, row.rule, row.until
    )
    if done is None or done.stayed_at:
        return ItemState(row.no, item, withdrawn=withdrawn)
    return ItemState(
        *(row.no, item, done.at, done.gone_at, Method(done.method), done.person, withdrawn)
    )


def _of(connection: Connection, table: Table, no: int, order: str) -> Any:
    rows: Iterable[Row[Any]] = connection.execute(
        select(table).where(table.c.order_no == no).order_by(table.c[order])
    ).all()
    return iter(rows)
