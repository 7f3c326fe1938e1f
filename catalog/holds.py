"""Legal holds on objects: who asked for each and why, until somebody lifts it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, Select, func, insert, select

from catalog.copies import in_chunks
from catalog.log import append
from catalog.tables import held_object, hold_at_store, hold_lift, legal_hold, removed_copy
from catalog.tombstones import destroyed_keys
from catalog.upsert import insert_or_update
from pipeline.copies import Place
from pipeline.errors import UserError
from pipeline.language import say


@dataclass(frozen=True)
class Lift:
    """The end of a hold."""

    reason: str
    who: str
    at: datetime


@dataclass(frozen=True)
class Hold:
    """Objects that must stay, whatever else is ruled, for one reason."""

    no: int
    reason: str
    who: str
    at: datetime
    objects: int
    lift: Lift | None = None
    """None: it stands."""


@dataclass(frozen=True)
class HoldWork:
    """A hold that one store is to be given, or to be relieved of."""

    key: str
    place: Place
    on: bool


class Holds:
    """Sets and lifts holds. An object may have several; it is held while any of them stands."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def set(self, keys: Collection[str], reason: str, who: str) -> Hold:
        """Hold objects; holding the same ones twice for different reasons makes two holds."""
        now, reason = datetime.now(UTC), reason.strip()
        if not reason:
            raise UserError(say("Say why with --why; it stands in the register for good."))
        with self._engine.begin() as connection:
            no = (connection.execute(select(func.max(legal_hold.c.no))).scalar() or 0) + 1
            values = {"no": no, "reason": reason, "person": who, "at": now}
            connection.execute(insert(legal_hold).values(values))
            rows = [{"hold_no": no, "key": key} for key in sorted(set(keys))]
            connection.execute(insert(held_object), rows)
            append(connection, who, "hold.set", str(no), objects=len(rows), reason=reason)
        return Hold(no, reason, who, now, len(rows))

    def lift(self, no: int, reason: str, who: str) -> Hold:
        """End a hold; raises UserError when there is none of that number, or it was lifted before."""
        hold = next((one for one in self.all() if one.no == no), None)
        if hold is None:
            raise UserError(
                say("There is no hold {number}; see “paperproof storage hold list”.", number=no)
            )
        if hold.lift:
            raise UserError(
                say(
                    "Hold {number} was lifted already, by {person}.",
                    number=no,
                    person=hold.lift.who,
                )
            )
        if not reason.strip():
            raise UserError(say("Say why with --why; it stands in the register for good."))
        lift = Lift(reason.strip(), who, datetime.now(UTC))
        values = {"hold_no": no, "reason": lift.reason, "person": who, "at": lift.at}
        with self._engine.begin() as connection:
            connection.execute(insert(hold_lift).values(values))
            append(connection, who, "hold.lift", str(no), reason=lift.reason)
        return Hold(no, hold.reason, hold.who, hold.at, hold.objects, lift)

    def all(self) -> tuple[Hold, ...]:
        """Give every hold in its order, lifted ones too."""
        count = select(func.count()).where(held_object.c.hold_no == legal_hold.c.no)
        query = (
            select(
                legal_hold,
                count.scalar_subquery().label("objects"),
                hold_lift.c.reason.label("lift_reason"),
                hold_lift.c.person.label("lift_person"),
                hold_lift.c.at.label("lift_at"),
            )
            .outerjoin(hold_lift, hold_lift.c.hold_no == legal_hold.c.no)
            .order_by(legal_hold.c.no)
        )
        with self._engine.connect() as connection:
            return tuple(
                Hold(
                    *(row.no, row.reason, row.person, row.at, row.objects),
                    Lift(row.lift_reason, row.lift_person, row.lift_at) if row.lift_at else None,
                )
                for row in connection.execute(query)
            )

    def held(self, keys: Sequence[str]) -> frozenset[str]:
        """Give those of ``keys`` that some standing hold keeps."""
        found: set[str] = set()
        with self._engine.connect() as connection:
            for some in in_chunks(keys):
                query = _standing().where(held_object.c.key.in_(some))
                found.update(connection.execute(query).scalars())
        return frozenset(found)

    def standing_on(self, keys: Sequence[str]) -> Mapping[str, tuple[Hold, ...]]:
        """Give for each of ``keys`` that is held the holds that keep it."""
        standing = {one.no: one for one in self.all() if one.lift is None}
        found: dict[str, tuple[Hold, ...]] = {}
        with self._engine.connect() as connection:
            for some in in_chunks(keys):
                query = select(held_object).where(held_object.c.key.in_(some))
                for row in connection.execute(query.order_by(held_object.c.hold_no)):
                    if hold := standing.get(row.hold_no):
                        found[row.key] = (*found.get(row.key, ()), hold)
        return found

    def work(self, places: Collection[Place], *, everything: bool = False) -> tuple[HoldWork, ...]:
        """Give what the stores at ``places`` are still to be told.

        ``everything``: also what they were told before, so that it is looked at again.
        """
        found: list[HoldWork] = []
        with self._engine.connect() as connection:
            for place in places:
                standing = set(connection.execute(_standing()).scalars())
                told = _told(connection, place)
                on = (standing if everything else standing - told) - _removed(connection, place)
                found += [HoldWork(key, place, True) for key in sorted(on)]
                found += [HoldWork(key, place, False) for key in sorted(told - standing)]
        return tuple(found)

    def done(self, works: Sequence[HoldWork]) -> None:
        """Enter what the stores were seen to do."""
        if not works:
            return
        now = datetime.now(UTC)
        rows = [{"key": one.key, "place": one.place, "held": one.on, "at": now} for one in works]
        with self._engine.begin() as connection:
            made = insert_or_update(connection, hold_at_store)
            new = made.excluded
            statement = made.on_conflict_do_update(
                index_elements=["key", "place"], set_={"held": new.held, "at": new.at}
            )
            connection.execute(statement, rows)


def _standing() -> Select[Any]:
    lifted = select(hold_lift.c.hold_no)
    return select(held_object.c.key).where(held_object.c.hold_no.not_in(lifted)).distinct()


def _removed(connection: Connection, place: Place) -> set[str]:
    """Objects that a place does not have any more, so that nothing is to be held there."""
    query = select(removed_copy.c.key).where(
        removed_copy.c.place == place, removed_copy.c.returned_at.is_(None)
    )
    destroyed = connection.execute(destroyed_keys()).scalars()
    return {*connection.execute(query).scalars(), *destroyed}


def _told(connection: Connection, place: Place) -> set[str]:
    query = select(hold_at_store.c.key).where(hold_at_store.c.place == place, hold_at_store.c.held)
    return set(connection.execute(query).scalars())
