"""The register of destruction: lists, what was said of them, what is gone. Nothing of it is ever taken out.

Who may do what when is ruled in ``pipeline.destruction`` and asked inside the transaction of the act; where
two act at once the database lets one of them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from catalog.copies import in_chunks
from catalog.destruction_rows import load_orders
from catalog.log import append
from catalog.tables import (
    copy_event,
    destroyed_item,
    destruction_attendance,
    destruction_decision,
    destruction_end,
    destruction_item,
    destruction_opinion,
    destruction_order,
    destruction_withdrawal,
    object_copy,
)
from catalog.tombstones import destroyed_keys
from pipeline.copies import HELD, CopyState, Place
from pipeline.destruction import (
    ONLINE,
    Decision,
    Item,
    ItemKind,
    ItemState,
    Method,
    Opinion,
    Order,
    list_digest,
)
from pipeline.destruction_rules import (
    DestructionRules,
    check_attendance,
    check_decision,
    check_opinion,
    check_record,
    check_verification,
)
from pipeline.errors import UserError
from pipeline.language import say
from pipeline.staff import Role

_STORES = (Place.PRIMARY, Place.REPLICA)


class Destructions:
    """Keeps lists and what became of them; each act with its log line in one transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def orders(self) -> tuple[Order, ...]:
        """Give all lists by their numbers."""
        with self._engine.connect() as connection:
            return load_orders(connection)

    def order(self, no: int) -> Order:
        """Give a list; raises UserError when there is none of that number."""
        with self._engine.connect() as connection:
            return _one(connection, no)

    def listed(self) -> frozenset[tuple[ItemKind, str]]:
        """Give what no new list may name: on a list that was not turned down, and not taken off it."""
        refused = select(destruction_decision.c.order_no).where(~destruction_decision.c.approved)
        withdrawn = select(destruction_withdrawal.c.no).where(
            destruction_withdrawal.c.order_no == destruction_item.c.order_no,
            destruction_withdrawal.c.no == destruction_item.c.no,
        )
        query = select(destruction_item.c.kind, destruction_item.c.name).where(
            destruction_item.c.order_no.not_in(refused), ~withdrawn.exists()
        )
        with self._engine.connect() as connection:
            return frozenset((ItemKind(row.kind), row.name) for row in connection.execute(query))

    def destroyed(self, keys: Sequence[str]) -> frozenset[str]:
        """Give those of ``keys`` that were destroyed, or whose destruction has begun."""
        found: set[str] = set()
        with self._engine.connect() as connection:
            for some in in_chunks(keys):
                query = destroyed_keys().where(destruction_item.c.name.in_(some))
                found.update(connection.execute(query).scalars())
        return frozenset(found)

    def destroyed_papers(self) -> frozenset[str]:
        """Give the names (branch/day/serial) of papers that were destroyed."""
        query = (
            select(destruction_item.c.name)
            .join(
                destroyed_item,
                (destroyed_item.c.order_no == destruction_item.c.order_no)
                & (destroyed_item.c.no == destruction_item.c.no),
            )
            .where(destruction_item.c.kind == ItemKind.PAPER, destroyed_item.c.gone_at.is_not(None))
        )
        with self._engine.connect() as connection:
            return frozenset(connection.execute(query).scalars())

    def enter(self, branch: str, items: Sequence[Item], who: str) -> Order:
        """Enter a list of what is due; destroys nothing."""
        now, digest = datetime.now(UTC), list_digest(branch, items)
        with self._engine.begin() as connection:
            no = (connection.execute(select(func.max(destruction_order.c.no))).scalar() or 0) + 1
            values = {"no": no, "branch": branch, "person": who, "at": now, "sha256": digest}
            connection.execute(insert(destruction_order).values(values))
            rows = [
                {**vars(one), "order_no": no, "no": number} for number, one in enumerate(items, 1)
            ]
            connection.execute(insert(destruction_item), rows)
            append(connection, who, "destruction.list", str(no), items=len(rows), list=digest)
            return _one(connection, no)

    def opine(
        self, no: int, rules: DestructionRules, role: Role, agrees: bool, text: str, who: str
    ) -> Order:
        """Enter a department's opinion; raises UserError as ``check_opinion`` does."""
        one = Opinion(role, agrees, text.strip(), who, datetime.now(UTC))

        def act(connection: Connection, order: Order) -> None:
            check_opinion(order, rules, role, text, who)
            connection.execute(insert(destruction_opinion).values(order_no=no, **vars(one)))
            append(connection, who, "destruction.opinion", str(no), role=role, agrees=agrees)

        return self._act(no, act)

    def decide(
        self, no: int, rules: DestructionRules, approved: bool, minutes: str, who: str
    ) -> Order:
        """Enter the committee's decision; raises UserError as ``check_decision`` does."""
        one = Decision(approved, minutes.strip(), who, datetime.now(UTC))

        def act(connection: Connection, order: Order) -> None:
            check_decision(order, rules, one)
            connection.execute(insert(destruction_decision).values(order_no=no, **vars(one)))
            append(
                *(connection, who, "destruction.decide", str(no)),
                approved=approved,
                minutes=one.minutes,
                list=order.sha256,
            )

        return self._act(no, act)

    def attend(self, no: int, who: str) -> Order:
        """Enter that somebody is there to see to it; holds for the day."""

        def act(connection: Connection, order: Order) -> None:
            check_attendance(order, who)
            last = connection.execute(select(func.max(destruction_attendance.c.id))).scalar() or 0
            values = {"id": last + 1, "order_no": no, "person": who, "at": datetime.now(UTC)}
            connection.execute(insert(destruction_attendance).values(values))
            append(connection, who, "destruction.attend", str(no))

        return self._act(no, act)

    def withdraw(self, no: int, number: int, reason: str, who: str) -> Order:
        """Take an item off an approved list; raises UserError for one that is gone or not on it."""

        def act(connection: Connection, order: Order) -> None:
            one = item_of(order, number)
            if not reason.strip():
                raise UserError(say("Say why with --why; it stands in the register for good."))
            if not one.open or one.begun_at:
                raise UserError(
                    say(
                        "Item {number} of list {no} is destroyed, being destroyed or taken off already.",
                        number=number,
                        no=no,
                    )
                )
            values = {"order_no": no, "no": number, "reason": reason.strip(), "person": who}
            values |= {"at": datetime.now(UTC)}
            connection.execute(insert(destruction_withdrawal).values(values))
            append(connection, who, "destruction.withdraw", f"{no}/{number}", reason=reason.strip())

        return self._act(no, act)

    def begin(
        self, no: int, one: ItemState, method: Method, who: str, supervisors: Collection[str]
    ) -> None:
        """Enter that an item is about to be destroyed, just before it is; once is enough.

        Raises UserError as ``check_record``: what the record lacks is not destroyed.
        """
        now = datetime.now(UTC)
        check_record(one, method, who, supervisors, now)
        of_item = _of_item(no, one.no)
        with self._engine.begin() as connection:
            known = connection.execute(select(destroyed_item).where(of_item)).first()
            if known is None:
                values = {"order_no": no, "no": one.no, "method": method, "person": who, "at": now}
                connection.execute(
                    insert(destroyed_item).values(**values, supervisors=list(supervisors))
                )
            elif known.stayed_at:
                again = {"at": now, "stayed_at": None, "person": who}
                connection.execute(
                    update(destroyed_item)
                    .where(of_item)
                    .values(**again, supervisors=list(supervisors))
                )
            if one.item.kind in ONLINE:
                _set_states(connection, one.item.name, (*HELD, CopyState.OWED), CopyState.REMOVED)
            append(connection, who, "destruction.begin", f"{no}/{one.no}", object=one.item.sha256)

    def stay(self, no: int, one: ItemState, who: str) -> None:
        """Enter that an item whose destruction had begun stays after all: what is left of it counts again."""
        with self._engine.begin() as connection:
            changed = update(destroyed_item).where(
                _of_item(no, one.no), destroyed_item.c.gone_at.is_(None)
            )
            changed = changed.where(destroyed_item.c.stayed_at.is_(None))
            if connection.execute(changed.values(stayed_at=datetime.now(UTC))).rowcount:
                if one.item.kind in ONLINE:
                    removed = (CopyState.REMOVED,)
                    _set_states(connection, one.item.name, removed, CopyState.LISTED)
                append(connection, who, "destruction.stay", f"{no}/{one.no}")

    def gone(self, no: int, one: ItemState, who: str) -> None:
        """Enter that an item is not there any more, as was seen."""
        now = datetime.now(UTC)
        with self._engine.begin() as connection:
            changed = update(destroyed_item).where(
                _of_item(no, one.no), destroyed_item.c.gone_at.is_(None)
            )
            if not connection.execute(changed.values(gone_at=now)).rowcount:
                return
            if one.item.kind in ONLINE:
                values = {"key": one.item.name, "place": "", "at": now, "what": "destroyed"}
                connection.execute(insert(copy_event).values(**values, detail={"list": no}))
            append(connection, who, "destruction.gone", f"{no}/{one.no}", object=one.item.sha256)

    def back(self, no: int, one: ItemState, who: str) -> None:
        """Enter that something destroyed was seen again: it is to be destroyed once more."""
        with self._engine.begin() as connection:
            of_item = update(destroyed_item).where(_of_item(no, one.no))
            connection.execute(of_item.values(gone_at=None))
            append(connection, who, "destruction.back", f"{no}/{one.no}", object=one.item.sha256)

    def end(self, no: int, looked: dict[str, int], who: str) -> Order:
        """Enter that the absence of every item was checked; raises UserError as ``check_verification``."""

        def act(connection: Connection, order: Order) -> None:
            check_verification(order, who)
            values = {"order_no": no, "person": who, "at": datetime.now(UTC), "looked": looked}
            connection.execute(insert(destruction_end).values(values))
            append(connection, who, "destruction.verify", str(no), list=order.sha256, looked=looked)

        return self._act(no, act)

    def _act(self, no: int, act: Callable[[Connection, Order], None]) -> Order:
        """Do an act on a list as it stands; of two at once one is refused."""
        try:
            with self._engine.begin() as connection:
                act(connection, _one(connection, no))
                return _one(connection, no)
        except IntegrityError as error:
            raise UserError(
                say("Somebody else was quicker with list {no}; look at it again.", no=no)
            ) from error


def item_of(order: Order, number: int) -> ItemState:
    """Return an item of a list; raises UserError when it has none of that number."""
    for one in order.items:
        if one.no == number:
            return one
    raise UserError(say("List {no} has no item {number}.", no=order.no, number=number))


def _one(connection: Connection, no: int) -> Order:
    for one in load_orders(connection, no):
        return one
    raise UserError(say("There is no list {no}; see “paperproof destroy orders”.", no=no))


def _of_item(no: int, number: int) -> Any:
    return (destroyed_item.c.order_no == no) & (destroyed_item.c.no == number)


def _set_states(
    connection: Connection, key: str, before: Collection[CopyState], after: CopyState
) -> None:
    """Change what is known of an object's copies at both stores."""
    changed = update(object_copy).where(
        object_copy.c.key == key,
        object_copy.c.place.in_(_STORES),
        object_copy.c.state.in_(tuple(before)),
    )
    connection.execute(changed.values(state=after, since=datetime.now(UTC)))
