"""Which objects are to be verified, what verifications found, and what has no good copy any more."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, Select, case, func, insert, literal, select, true

from catalog.copies import Copy, KeptObject, in_chunks
from catalog.log import append
from catalog.tables import (
    batch,
    copy_event,
    delivery,
    object_copy,
    page,
    page_text,
    stored_object,
    verification,
)
from catalog.tables.columns import UtcTime
from pipeline.copies import BAD, HELD, CopyState, Depth, Place

_AT_ONCE = 5000
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_CLOCK_SLACK = timedelta(days=1)
_SETTLED = "rescanned"


@dataclass(frozen=True)
class Run:
    """One verification that was finished."""

    at: datetime
    scope: str
    depth: Depth
    objects: int
    copies: int
    byte_count: int
    bad: int
    healed: int
    lost: int
    unknown: int
    """Copies at places that did not answer."""
    seconds: float
    nonce: str | None = None
    proof: str | None = None


@dataclass(frozen=True)
class CopyEvent:
    """What happened to one copy."""

    key: str
    place: str
    """Empty: to the object as a whole."""
    at: datetime
    what: str
    found: str | None
    """How a copy that was repaired had been found."""


@dataclass(frozen=True)
class Delivered:
    """Where an object that is a page came from."""

    name: str
    branch: str
    day: date
    batch: str
    operator: str


@dataclass(frozen=True)
class Lost:
    """An object of which every copy is bad."""

    key: str
    sha256: str
    since: datetime
    came: Delivered | None
    volume: str | None = None
    """The cold volume that has the last good copy; None: there is none."""


class Verifications:
    """Chooses what is looked at next, and keeps what was found."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def all_keys(self, entered_by: datetime | None = None) -> Iterator[str]:
        """Yield every key (of those entered by a moment) in ascending order; memory stays flat."""
        return (key for key, _ in self.all_sizes(entered_by))

    def all_sizes(self, entered_by: datetime | None = None) -> Iterator[tuple[str, int]]:
        """Yield every key and its object's size, in ascending order, some thousands at a time."""
        last, timely = "", true() if entered_by is None else stored_object.c.stored_at <= entered_by
        while True:
            query = (
                select(stored_object.c.key, stored_object.c.byte_count)
                .where(stored_object.c.key > last, timely)
                .order_by(stored_object.c.key)
                .limit(_AT_ONCE)
            )
            with self._engine.connect() as connection:
                some = [(row.key, row.byte_count) for row in connection.execute(query)]
            if not some:
                return
            yield from some
            last = some[-1][0]

    def keys_of_day(self, day: date) -> tuple[str, ...]:
        """Give the keys of a business day's pages, of the files they came in, and of their texts."""
        pages = (
            select(delivery.c.sha256)
            .join(batch, batch.c.id == delivery.c.batch_id)
            .where(batch.c.business_date == day)
        )
        containers = select(page.c.container_sha256).where(page.c.sha256.in_(pages))
        texts = select(page_text.c.text_sha256).where(page_text.c.sha256.in_(pages))
        query = select(stored_object.c.key).where(
            stored_object.c.sha256.in_(pages.union(containers, texts))
        )
        with self._engine.connect() as connection:
            return tuple(connection.execute(query.order_by(stored_object.c.key)).scalars())

    def longest_unread(
        self, least: int, before: datetime, volumes: Collection[str] = ()
    ) -> tuple[str, ...]:
        """Give the keys whose copies wait longest: ``least`` of them, and all not read since ``before``.

        Bad copies come first. One that was read in the future, by a clock since put right, counts as never
        read (R9). Cold copies count where their volume is among ``volumes``: the others lie on carriers.
        """
        ahead = datetime.now(UTC) + _CLOCK_SLACK
        never = literal(_NEVER, UtcTime)
        read = func.coalesce(object_copy.c.verified_at, never)
        oldest = func.min(case(((read > ahead) | object_copy.c.state.in_(BAD), never), else_=read))
        waiting = (
            select(object_copy.c.key, oldest.label("read"))
            .where(object_copy.c.state.in_((*HELD, *BAD)))
            .where((object_copy.c.place != Place.COLD) | object_copy.c.version_id.in_(volumes))
            .group_by(object_copy.c.key)
        ).subquery()
        overdue = select(func.count()).where(waiting.c.read < before)
        query = select(waiting.c.key).order_by(waiting.c.read, waiting.c.key)
        with self._engine.connect() as connection:
            limit = max(least, connection.execute(overdue).scalar_one())
            return tuple(connection.execute(query.limit(limit)).scalars())

    def objects(self, keys: Sequence[str]) -> tuple[KeptObject, ...]:
        """Give objects with all that is known of their copies, in the order of their keys."""
        found = []
        with self._engine.connect() as connection:
            for some in in_chunks(keys):
                copies: dict[str, list[Copy]] = {}
                for row in connection.execute(
                    select(object_copy).where(object_copy.c.key.in_(some))
                ):
                    copy = Copy(
                        Place(row.place), CopyState(row.state), row.version_id, row.locked_until
                    )
                    copies.setdefault(row.key, []).append(copy)
                query = select(stored_object).where(stored_object.c.key.in_(some))
                found += [
                    KeptObject(row.key, row.sha256, row.byte_count, tuple(copies.get(row.key, ())))
                    for row in connection.execute(query)
                ]
        return tuple(sorted(found, key=lambda one: one.key))

    def keep(self, run: Run) -> None:
        """Keep what a verification found."""
        with self._engine.begin() as connection:
            connection.execute(insert(verification), [vars(run)])

    def runs(self, count: int) -> tuple[Run, ...]:
        """Give the last verifications, the newest first."""
        query = select(verification).order_by(verification.c.id.desc()).limit(count)
        with self._engine.connect() as connection:
            return tuple(_run(dict(row._mapping)) for row in connection.execute(query))

    def last(self) -> Run | None:
        """Give the last verification; None when there was none."""
        return next(iter(self.runs(1)), None)

    def events(self, count: int) -> tuple[CopyEvent, ...]:
        """Give what happened to copies last, the newest first."""
        query = select(copy_event).order_by(copy_event.c.id.desc()).limit(count)
        with self._engine.connect() as connection:
            return tuple(
                CopyEvent(row.key, row.place, row.at, row.what, row.detail.get("found"))
                for row in connection.execute(query)
            )

    def lost(self) -> tuple[Lost, ...]:
        """Give the objects of which no copy is held and that nobody settled since, in order of time.

        A copy that is owed is none. What turned bad again after it was settled is on the list again.
        """
        some_hope = select(object_copy.c.key).where(object_copy.c.state.in_(HELD))
        some_bad = select(object_copy.c.key).where(object_copy.c.state.in_(BAD))
        query = (
            select(
                stored_object.c.key,
                stored_object.c.sha256,
                func.max(object_copy.c.since).label("since"),
                literal(None).label("volume"),
            )
            .join(object_copy, object_copy.c.key == stored_object.c.key)
            .where(stored_object.c.key.in_(some_bad), stored_object.c.key.not_in(some_hope))
            .where(stored_object.c.key.not_in(_settled()))
            .group_by(stored_object.c.key, stored_object.c.sha256)
        )
        return self._with_names(query)

    def settled_by(self, keys: Sequence[str]) -> dict[str, str]:
        """Give those of ``keys`` of which no copy is held and that somebody settled since: key -> who."""
        some_hope = select(object_copy.c.key).where(object_copy.c.state.in_(HELD))
        query = (
            select(copy_event.c.key, copy_event.c.detail)
            .where(copy_event.c.what == _SETTLED, copy_event.c.key.in_(keys))
            .where(copy_event.c.key.in_(_settled()), copy_event.c.key.not_in(some_hope))
            .order_by(copy_event.c.id)
        )
        with self._engine.connect() as connection:
            return {row.key: row.detail["who"] for row in connection.execute(query)}

    def in_volumes_only(self) -> tuple[Lost, ...]:
        """Give the objects that no store has whole any more, but a cold volume, in order of time."""
        online, cold = object_copy.alias("online"), object_copy.alias("cold")
        held = select(object_copy.c.key).where(
            object_copy.c.place != Place.COLD, object_copy.c.state.in_(HELD)
        )
        query = (
            select(
                stored_object.c.key,
                stored_object.c.sha256,
                func.max(online.c.since).label("since"),
                cold.c.version_id.label("volume"),
            )
            .join(online, online.c.key == stored_object.c.key)
            .join(cold, cold.c.key == stored_object.c.key)
            .where(online.c.place != Place.COLD, online.c.state.in_(BAD))
            .where(cold.c.place == Place.COLD, cold.c.state.in_(HELD))
            .where(stored_object.c.key.not_in(held))
            .group_by(stored_object.c.key, stored_object.c.sha256, cold.c.version_id)
        )
        return self._with_names(query)

    def _with_names(self, query: Select[Any]) -> tuple[Lost, ...]:
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        return tuple(
            Lost(row.key, row.sha256, row.since, self.came(row.sha256), row.volume)
            for row in sorted(rows, key=lambda row: (row.since, row.key))
        )

    def came(self, sha256: str) -> Delivered | None:
        """Give the first delivery of a page, or of a page of that file; None when it is neither."""
        pages = select(page.c.sha256).where(page.c.container_sha256 == sha256)
        query = (
            select(delivery.c.name, batch.c.name.label("batch_name"), batch)
            .join(batch, batch.c.id == delivery.c.batch_id)
            .where((delivery.c.sha256 == sha256) | delivery.c.sha256.in_(pages))
            .order_by(delivery.c.at)
        )
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
        if row is None:
            return None
        return Delivered(row[0], row.branch, row.business_date, row.batch_name, row.operator)

    def settle(self, key: str, who: str, reason: str) -> None:
        """Enter that a lost object needs nothing more: its paper was scanned again, or there is none."""
        now = datetime.now(UTC)
        with self._engine.begin() as connection:
            connection.execute(
                insert(copy_event).values(
                    key=key,
                    place="",
                    at=now,
                    what=_SETTLED,
                    detail={"who": who, "reason": reason},
                )
            )
            append(connection, who, "object.settle", key, reason=reason)


def _settled() -> Select[Any]:
    """The keys of objects that were settled after their last copy turned bad."""
    last = func.max(case((copy_event.c.what == _SETTLED, copy_event.c.id), else_=0))
    turned = func.max(case((copy_event.c.what.in_(BAD), copy_event.c.id), else_=0))
    return select(copy_event.c.key).group_by(copy_event.c.key).having(last > turned)


def _run(values: dict[str, Any]) -> Run:
    del values["id"]
    return Run(**{**values, "depth": Depth(values["depth"])})
