"""The register of objects: what the archive keeps, where its copies lie and how each was found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, case, func, insert, select, update

from catalog.tables import copy_event, object_copy, stored_object, volume_act
from catalog.tombstones import doomed_keys
from catalog.upsert import insert_or_update
from pipeline.copies import BAD, HELD, CopyState, Place

T = TypeVar("T")
LEAVING = "leaving"
"""The act on a volume that is to be destroyed: what else is in it is packed anew."""
_AT_ONCE = 500
"""Keys in one question: SQLite takes 32,766 values in a statement."""
_PAGE = 5_000
"""Rows of one answer."""


@dataclass(frozen=True)
class Copy:
    """One copy of an object, as it was found."""

    place: Place
    state: CopyState
    version_id: str | None = None
    locked_until: datetime | None = None
    found: CopyState | None = None
    """How it was found just before it was given the good bytes (R7); None: it was not healed."""


@dataclass(frozen=True)
class KeptObject:
    """An object and those of its copies of which something is known."""

    key: str
    sha256: str
    byte_count: int
    copies: tuple[Copy, ...]
    stored_at: datetime | None = None
    """When it was entered in the register; None: now."""

    @property
    def kind(self) -> str:
        """What it is: the first part of its key ("obj": files as delivered and their pages)."""
        return self.key.partition("/")[0]


@dataclass(frozen=True)
class CopyCount:
    """Objects of one kind whose copy at one place is in one state."""

    place: Place
    kind: str
    state: CopyState
    objects: int
    byte_count: int


@dataclass(frozen=True)
class WaitingCount:
    """Objects of one kind that have no cold copy."""

    kind: str
    objects: int
    byte_count: int


class Copies:
    """Enters objects and what became of their copies."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def enter(self, objects: Sequence[KeptObject]) -> None:
        """Enter objects with what was found of their copies just now, in one transaction.

        What is known already is brought up to date; a copy that is intact counts as verified now. One that is
        owed and was not found good stays owed: a debt is paid, or stays on its list.
        """
        now = datetime.now(UTC)
        rows = {one.key: one for one in objects}
        if not rows:
            return
        with self._engine.begin() as connection:
            known = _sizes(connection, list(rows))
            _correct_sizes(connection, rows, known)
            new = rows.keys() - known.keys()
            if new:
                fresh = [_object_row(rows[key], now) for key in rows if key in new]
                connection.execute(insert(stored_object), fresh)
            before = _states(connection, list(rows))
            copies = [
                (key, copy)
                for key, one in rows.items()
                for copy in one.copies
                if not (copy.state in BAD and before.get((key, copy.place)) is CopyState.OWED)
            ]
            if copies:
                events = _events(copies, before, now)
                values = [_copy_row(key, copy, now) for key, copy in copies]
                connection.execute(_brought_up_to_date(connection), values)
                if events:
                    connection.execute(insert(copy_event), events)

    def known(self, keys: Sequence[str]) -> frozenset[str]:
        """Give those of ``keys`` that are in the register."""
        with self._engine.connect() as connection:
            return frozenset(_sizes(connection, keys))

    def entered_at(self, key: str) -> datetime | None:
        """Give when an object was entered; None when the register does not know it."""
        query = select(stored_object.c.stored_at).where(stored_object.c.key == key)
        with self._engine.connect() as connection:
            return connection.execute(query).scalar()

    def total(self) -> tuple[int, int]:
        """Count all objects and their bytes, each once."""
        query = select(func.count(), func.coalesce(func.sum(stored_object.c.byte_count), 0))
        with self._engine.connect() as connection:
            objects, byte_count = connection.execute(query.select_from(stored_object)).one()
        return objects, int(byte_count)

    def counts(self) -> tuple[CopyCount, ...]:
        """Count objects and bytes by place, kind and state; each object once a place."""
        query = (
            select(
                object_copy.c.place,
                stored_object.c.kind,
                object_copy.c.state,
                func.count().label("objects"),
                func.sum(stored_object.c.byte_count).label("byte_count"),
            )
            .join(stored_object, stored_object.c.key == object_copy.c.key)
            .group_by(object_copy.c.place, stored_object.c.kind, object_copy.c.state)
        )
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        order = list(Place)
        return tuple(
            sorted(
                (
                    CopyCount(
                        Place(row.place),
                        row.kind,
                        CopyState(row.state),
                        row.objects,
                        int(row.byte_count),
                    )
                    for row in rows
                ),
                key=lambda one: (order.index(one.place), one.kind, one.state),
            )
        )

    def oldest_unverified(self) -> dict[Place, datetime]:
        """Give for each place since when its least lately verified copy was not read in full."""
        looked = func.min(func.coalesce(object_copy.c.verified_at, object_copy.c.since))
        query = (
            select(object_copy.c.place, looked.label("at"))
            .where(object_copy.c.state.in_(HELD))
            .group_by(object_copy.c.place)
        )
        with self._engine.connect() as connection:
            return {Place(row.place): row.at for row in connection.execute(query)}

    def any_in_volume(self, name: str) -> bool:
        """Tell whether any object is known to lie in a volume: a rebuilt register knows none."""
        query = select(object_copy.c.key).where(
            object_copy.c.place == Place.COLD, object_copy.c.version_id == name
        )
        with self._engine.connect() as connection:
            return connection.execute(query.limit(1)).first() is not None

    def proven(self, keys: Sequence[str], since: datetime) -> Mapping[str, int]:
        """Count for each of ``keys`` the copies that were read in full, and whole, since a moment."""
        found: dict[str, int] = {}
        with self._engine.connect() as connection:
            for some in in_chunks(keys):
                query = (
                    select(object_copy.c.key, func.count())
                    .where(object_copy.c.key.in_(some), object_copy.c.state == CopyState.INTACT)
                    .where(object_copy.c.verified_at >= since)
                    .group_by(object_copy.c.key)
                )
                found |= {key: count for key, count in connection.execute(query)}
        return found

    def not_in_volume(self) -> Iterator[KeptObject]:
        """Yield the objects that have no cold copy now, with their other copies left out, oldest first.

        Some thousands are asked for at a time, so memory stays flat. What is entered meanwhile is left out.
        """
        at, key = stored_object.c.stored_at, stored_object.c.key
        query = select(stored_object).where(_WAITS).order_by(at, key).limit(_PAGE)
        with self._engine.connect() as connection:
            newest = connection.execute(select(func.max(at))).scalar()
            some = connection.execute(query).all()
        while some:
            for row in some:
                yield KeptObject(row.key, row.sha256, row.byte_count, (), row.stored_at)
            last = some[-1]
            later = (at > last.stored_at) | ((at == last.stored_at) & (key > last.key))
            with self._engine.connect() as connection:
                some = connection.execute(query.where(at <= newest, later)).all()

    def waiting(self) -> tuple[WaitingCount, ...]:
        """Count the objects of each kind that have no cold copy now."""
        query = (
            select(stored_object.c.kind, func.count(), func.sum(stored_object.c.byte_count))
            .where(_WAITS)
            .group_by(stored_object.c.kind)
            .order_by(stored_object.c.kind)
        )
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        return tuple(WaitingCount(kind, count, int(byte_count)) for kind, count, byte_count in rows)


_COLD = (
    select(object_copy.c.key)
    .where(object_copy.c.place == Place.COLD, object_copy.c.state == CopyState.INTACT)
    .where(object_copy.c.key == stored_object.c.key)
    .where(
        object_copy.c.version_id.not_in(
            select(volume_act.c.volume).where(volume_act.c.kind == LEAVING)
        )
    )
)
"""A cold copy; one in a volume that is to be destroyed is none."""
_WAITS = ~_COLD.exists() & stored_object.c.key.not_in(doomed_keys())
"""What has no cold copy and is to get one; what is to be destroyed itself gets none."""


def _states(connection: Connection, keys: Sequence[str]) -> dict[tuple[str, Place], CopyState]:
    """Give how the copies of ``keys`` stood until now."""
    query = select(object_copy.c.key, object_copy.c.place, object_copy.c.state)
    return {
        (row.key, Place(row.place)): CopyState(row.state)
        for some in in_chunks(keys)
        for row in connection.execute(query.where(object_copy.c.key.in_(some)))
    }


def _events(
    copies: Sequence[tuple[str, Copy]],
    before: Mapping[tuple[str, Place], CopyState],
    now: datetime,
) -> list[dict[str, Any]]:
    """What happened to copies: paid, healed, or turned bad; a copy that stays bad is told once."""
    events = []
    for key, copy in copies:
        was, what, detail = before.get((key, copy.place)), "", {}
        if copy.state is CopyState.INTACT and was is CopyState.OWED:
            what = "paid"
        elif copy.found:
            what, detail = "healed", {"found": copy.found, "version": copy.version_id}
        elif copy.state in BAD and copy.state is not was:
            what = copy.state.value
        if what:
            events.append(
                {"key": key, "place": copy.place, "at": now, "what": what, "detail": detail}
            )
    return events


def in_chunks(keys: Sequence[T]) -> Iterator[Sequence[T]]:
    """Part keys into lists that one statement takes."""
    return (keys[start : start + _AT_ONCE] for start in range(0, len(keys), _AT_ONCE))


def _sizes(connection: Connection, keys: Sequence[str]) -> dict[str, int]:
    """Give key -> size of those objects that are in the register."""
    query = select(stored_object.c.key, stored_object.c.byte_count)
    return {
        row.key: row.byte_count
        for some in in_chunks(keys)
        for row in connection.execute(query.where(stored_object.c.key.in_(some)))
    }


def _correct_sizes(
    connection: Connection, rows: Mapping[str, KeptObject], known: Mapping[str, int]
) -> None:
    """Bytes that were read count for more than what a store once listed."""
    for key, byte_count in known.items():
        one = rows[key]
        read = any(copy.state is CopyState.INTACT for copy in one.copies)
        if read and one.byte_count != byte_count:
            changed = update(stored_object).where(stored_object.c.key == key)
            connection.execute(changed.values(byte_count=one.byte_count))


def _object_row(one: KeptObject, now: datetime) -> dict[str, Any]:
    return {
        "key": one.key,
        "sha256": one.sha256,
        "byte_count": one.byte_count,
        "kind": one.kind,
        "stored_at": now,
    }


def _copy_row(key: str, copy: Copy, now: datetime) -> dict[str, Any]:
    return {
        "key": key,
        "place": copy.place,
        "state": copy.state,
        "version_id": copy.version_id,
        "locked_until": copy.locked_until,
        "verified_at": now if copy.state is CopyState.INTACT else None,
        "since": now,
    }


def _brought_up_to_date(connection: Connection) -> Any:
    """The statement that enters a copy or changes what is known of it.

    ``since`` stays while the state does; what a look did not tell (version, lock, verified) stays as known.
    """
    made = insert_or_update(connection, object_copy)
    old, new = object_copy.c, made.excluded
    return made.on_conflict_do_update(
        index_elements=["key", "place"],
        set_={
            "state": new.state,
            "since": case((old.state == new.state, old.since), else_=new.since),
            "version_id": func.coalesce(new.version_id, old.version_id),
            "locked_until": func.coalesce(new.locked_until, old.locked_until),
            "verified_at": func.coalesce(new.verified_at, old.verified_at),
        },
    )
