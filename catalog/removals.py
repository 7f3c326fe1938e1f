"""Online copies that are removed under an approval: what was planned, who agreed, what is gone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, func, insert, select, update

from catalog.copies import in_chunks
from catalog.log import append
from catalog.tables import (
    copy_event,
    destruction_item,
    object_copy,
    removal_approval,
    removal_item,
    removal_order,
    removed_copy,
    stored_object,
)
from catalog.tombstones import destroyed_keys, doomed_keys
from pipeline.copies import HELD, CopyState, Place
from pipeline.errors import UserError
from pipeline.language import say
from pipeline.staff import person_key

_ONLINE = frozenset({Place.PRIMARY, Place.REPLICA})
KINDS = ("obj", "text")
"""What may leave a store: pages, their files and texts; the catalog's own objects are small and stay."""


@dataclass(frozen=True)
class Candidate:
    """An object that is old enough, with what is known of the copies that would stay."""

    key: str
    sha256: str
    byte_count: int
    leaving: CopyState | None
    """How the copy stands that is to leave; None: none is known."""
    staying: CopyState | None
    staying_verified_at: datetime | None
    cold: CopyState | None
    cold_verified_at: datetime | None
    volume: str | None


@dataclass(frozen=True)
class Order:
    """Objects that are each to lose their copy at one place."""

    no: int
    place: Place
    planned_by: str
    at: datetime
    objects: int
    byte_count: int
    approved_by: str | None
    gone: int
    """Copies that are not there any more."""


class Removals:
    """Keeps orders to remove copies; each act with its log line in one transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def candidates(self, leaving: Place, staying: Place, before: datetime) -> Iterator[Candidate]:
        """Yield objects entered before a moment that have a copy to lose, on no approved order yet."""
        ordered = (
            select(removal_item.c.key)
            .join(removal_approval, removal_approval.c.order_no == removal_item.c.order_no)
            .where(~_gone_of_item().exists())
        )
        query = (
            _copies_of(leaving, staying)
            .where(stored_object.c.kind.in_(KINDS), stored_object.c.stored_at <= before)
            .where(stored_object.c.key.not_in(ordered))
            .order_by(stored_object.c.key)
        )
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        found = map(_candidate, rows)
        return (one for one in found if one.leaving in HELD)

    def candidate(self, key: str, leaving: Place, staying: Place) -> Candidate | None:
        """Give what is known of one object's copies now; None: the register does not know it."""
        query = _copies_of(leaving, staying).where(stored_object.c.key == key)
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
        return _candidate(row) if row else None

    def plan(self, place: Place, items: Sequence[tuple[str, int]], who: str) -> Order:
        """Enter a list of objects (key and bytes) that may each lose their copy at ``place``."""
        now = datetime.now(UTC)
        with self._engine.begin() as connection:
            no = (connection.execute(select(func.max(removal_order.c.no))).scalar() or 0) + 1
            values = {"no": no, "place": place, "person": who, "at": now}
            connection.execute(insert(removal_order).values(values))
            rows = [{"order_no": no, "key": key, "byte_count": count} for key, count in items]
            connection.execute(insert(removal_item), rows)
            append(connection, who, "removal.plan", str(no), place=place.value, objects=len(rows))
        return self.order(no)

    def approve(self, no: int, who: str) -> Order:
        """Agree to an order; raises UserError for who planned it, and when a newer plan stands for it."""
        order = self.order(no)
        if order.approved_by:
            raise UserError(
                say(
                    "Order {number} was approved already, by {person}.",
                    number=no,
                    person=order.approved_by,
                )
            )
        if person_key(order.planned_by) == person_key(who):
            raise UserError(
                say(
                    "{person} planned order {number}; somebody else must approve it.",
                    person=who,
                    number=no,
                )
            )
        if newer := [one.no for one in self.orders() if one.no > no]:
            raise UserError(
                say(
                    "Order {number} was planned anew as order {newer}; look at that one.",
                    number=no,
                    newer=newer[-1],
                )
            )
        with self._engine.begin() as connection:
            values = {"order_no": no, "person": who, "at": datetime.now(UTC)}
            connection.execute(insert(removal_approval).values(values))
            append(connection, who, "removal.approve", str(no), objects=order.objects)
        return self.order(no)

    def orders(self) -> tuple[Order, ...]:
        """Give all orders by their numbers."""
        items = (
            select(
                func.count().label("objects"), func.sum(removal_item.c.byte_count).label("bytes")
            )
            .add_columns(removal_item.c.order_no)
            .group_by(removal_item.c.order_no)
            .subquery()
        )
        gone = (
            select(func.count(removed_copy.c.gone_at))
            .where(removed_copy.c.order_no == removal_order.c.no)
            .scalar_subquery()
        )
        query = (
            select(
                *(removal_order, items.c.objects, items.c.bytes),
                *(removal_approval.c.person.label("approved_by"), gone.label("gone")),
            )
            .join(items, items.c.order_no == removal_order.c.no)
            .outerjoin(removal_approval, removal_approval.c.order_no == removal_order.c.no)
            .order_by(removal_order.c.no)
        )
        with self._engine.connect() as connection:
            return tuple(
                Order(
                    *(row.no, Place(row.place), row.person, row.at, row.objects, int(row.bytes)),
                    *(row.approved_by, row.gone),
                )
                for row in connection.execute(query)
            )

    def order(self, no: int) -> Order:
        """Give an order; raises UserError when there is none of that number."""
        for one in self.orders():
            if one.no == no:
                return one
        raise UserError(
            say("There is no order {number}; see “paperproof storage lifecycle list”.", number=no)
        )

    def items(self, no: int) -> tuple[str, ...]:
        """Give the keys of an order of which the copy is not gone yet."""
        query = select(removal_item.c.key).where(removal_item.c.order_no == no)
        with self._engine.connect() as connection:
            query = query.where(~_gone_of_item().exists()).order_by(removal_item.c.key)
            return tuple(connection.execute(query).scalars())

    def leave(self, order: Order, key: str, who: str) -> None:
        """Enter that a copy is to leave, just before it is deleted; once is enough."""
        now = datetime.now(UTC)
        values = {"order_no": order.no, "key": key, "place": order.place, "at": now}
        with self._engine.begin() as connection:
            known = connection.execute(select(removed_copy).where(_is(order, key))).first()
            if known is None:
                connection.execute(insert(removed_copy).values(values))
            elif known.returned_at:
                connection.execute(
                    update(removed_copy).where(_is(order, key)).values(at=now, returned_at=None)
                )
            _set_state(connection, key, order.place, CopyState.REMOVED)
            append(connection, who, "copy.remove", key, place=order.place.value, order=order.no)

    def stay(self, order: Order, key: str, who: str) -> None:
        """Enter that a copy that was to leave is still there, and stays."""
        with self._engine.begin() as connection:
            changed = update(removed_copy).where(_is(order, key), removed_copy.c.gone_at.is_(None))
            if connection.execute(changed.values(returned_at=datetime.now(UTC))).rowcount:
                _set_state(connection, key, order.place, CopyState.LISTED)
                append(connection, who, "copy.stay", key, place=order.place.value, order=order.no)

    def gone(self, order: Order, key: str) -> None:
        """Enter that a copy is not there any more, as was seen."""
        now = datetime.now(UTC)
        event = {"key": key, "place": order.place, "at": now, "what": CopyState.REMOVED.value}
        with self._engine.begin() as connection:
            connection.execute(update(removed_copy).where(_is(order, key)).values(gone_at=now))
            connection.execute(insert(copy_event).values(**event, detail={"order": order.no}))

    def returned(self) -> int:
        """Enter which removed copies are there again: their pages were taken in or fetched anew."""
        there = select(object_copy.c.key).where(
            object_copy.c.key == removed_copy.c.key,
            object_copy.c.place == removed_copy.c.place,
            object_copy.c.state.in_(HELD),
        )
        changed = update(removed_copy).where(
            removed_copy.c.gone_at.is_not(None),
            removed_copy.c.returned_at.is_(None),
            there.exists(),
        )
        with self._engine.begin() as connection:
            return connection.execute(changed.values(returned_at=datetime.now(UTC))).rowcount

    def places(self, keys: Sequence[str]) -> Mapping[str, frozenset[Place]]:
        """Give those of ``keys`` that have a removed copy, or were destroyed, and at which places."""
        found: dict[str, frozenset[Place]] = {}
        with self._engine.connect() as connection:
            for some in in_chunks(keys):
                query = select(removed_copy.c.key, removed_copy.c.place).where(
                    removed_copy.c.key.in_(some), removed_copy.c.returned_at.is_(None)
                )
                for row in connection.execute(query):
                    found[row.key] = found.get(row.key, frozenset()) | {Place(row.place)}
                destroyed = destroyed_keys().where(destruction_item.c.name.in_(some))
                found |= dict.fromkeys(connection.execute(destroyed).scalars(), _ONLINE)
        return found

    def at(self, place: Place | None) -> frozenset[str]:
        """Give the keys of all objects whose copy at a place is gone on purpose; None: at both stores."""
        removed = select(removed_copy.c.key).where(
            removed_copy.c.place == place, removed_copy.c.returned_at.is_(None)
        )
        with self._engine.connect() as connection:
            destroyed = set(connection.execute(destroyed_keys()).scalars())
            return frozenset(destroyed | set(connection.execute(removed).scalars()))

    def leaving(self, keys: Sequence[str]) -> Mapping[str, frozenset[Place]]:
        """Give those of ``keys`` of which copies are approved to leave: their locks are made no longer."""
        found: dict[str, frozenset[Place]] = {}
        with self._engine.connect() as connection:
            for some in in_chunks(keys):
                query = (
                    select(removal_item.c.key, removal_order.c.place)
                    .join(removal_order, removal_order.c.no == removal_item.c.order_no)
                    .join(removal_approval, removal_approval.c.order_no == removal_item.c.order_no)
                    .where(removal_item.c.key.in_(some), ~_gone_of_item().exists())
                )
                found |= {
                    row.key: frozenset({Place(row.place)}) for row in connection.execute(query)
                }
                doomed = doomed_keys().where(destruction_item.c.name.in_(some))
                found |= dict.fromkeys(connection.execute(doomed).scalars(), _ONLINE)
        return found


def _copies_of(leaving: Place, staying: Place) -> Any:
    out, stay, cold = (object_copy.alias(name) for name in ("leaving", "staying", "cold"))
    joined = stored_object
    for alias, place in ((out, leaving), (stay, staying), (cold, Place.COLD)):
        of_object = (alias.c.key == stored_object.c.key) & (alias.c.place == place)
        joined = joined.outerjoin(alias, of_object)  # type: ignore[assignment]
    return select(
        *(stored_object.c.key, stored_object.c.sha256, stored_object.c.byte_count),
        *(out.c.state.label("leaving"), stay.c.state.label("staying")),
        *(stay.c.verified_at.label("staying_verified_at"), cold.c.state.label("cold")),
        *(cold.c.verified_at.label("cold_verified_at"), cold.c.version_id.label("volume")),
    ).select_from(joined)


def _candidate(row: Any) -> Candidate:
    states = {
        name: CopyState(state) if (state := getattr(row, name)) else None
        for name in ("leaving", "staying", "cold")
    }
    return Candidate(**{**row._mapping, **states})


def _gone_of_item() -> Any:
    return select(removed_copy.c.key).where(
        removed_copy.c.order_no == removal_item.c.order_no,
        removed_copy.c.key == removal_item.c.key,
        removed_copy.c.gone_at.is_not(None),
    )


def _is(order: Order, key: str) -> Any:
    return (removed_copy.c.order_no == order.no) & (removed_copy.c.key == key)


def _set_state(connection: Connection, key: str, place: Place, state: CopyState) -> None:
    of_copy = (object_copy.c.key == key) & (object_copy.c.place == place)
    values = {"state": state, "since": datetime.now(UTC)}
    connection.execute(update(object_copy).where(of_copy).values(values))
