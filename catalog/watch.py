"""What those who watch are told and no other register counts: each query costs some pages of an index."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Engine, and_, case, distinct, func, or_, select

from catalog.tables import (
    batch,
    delivery,
    log,
    log_checkpoint,
    object_copy,
    reading,
    reading_chunk,
    stored_object,
)
from pipeline.copies import BAD, HELD, CopyState, Place
from pipeline.model import NO_READER

BranchAndDay = tuple[str, date]


@dataclass(frozen=True)
class Left:
    """Chunks of pages that are not read."""

    count: int
    alone_since: datetime | None
    """When a worker was last seen, or the last chunk made; None: a worker holds one, or none waits."""


@dataclass(frozen=True)
class Owed:
    """What the replica is owed."""

    objects: int
    byte_count: int
    new: int
    """Objects of these that came in lately."""
    oldest: datetime | None


@dataclass(frozen=True)
class Unsigned:
    """How far the log's signature is behind."""

    entries: int
    since: datetime | None
    """When the oldest entry without a signature was written; None: there is none."""
    signed_at: datetime | None
    """When the newest checkpoint was signed; None: never."""


class Watch:
    """Counts for metrics and alerts."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def readings(
        self, first: date, open_days: frozenset[date]
    ) -> Mapping[BranchAndDay, tuple[int, int]]:
        """Give (read, unread) of the admitted pages of open days from ``first`` on."""
        days = sorted(day for day in open_days if day >= first)
        unread = case((or_(reading.c.sha256.is_(None), reading.c.engine == NO_READER), 1), else_=0)
        query = (
            select(
                *(batch.c.branch, batch.c.business_date, func.sum(unread).label("unread")),
                func.count(distinct(delivery.c.id)).label("pages"),
            )
            .join(delivery, and_(delivery.c.batch_id == batch.c.id, delivery.c.state == "admitted"))
            .outerjoin(reading, reading.c.sha256 == delivery.c.sha256)
            .where(batch.c.business_date.in_(days))
            .group_by(batch.c.branch, batch.c.business_date)
        )
        with self._engine.connect() as connection:
            return {
                (row.branch, row.business_date): (row.pages - int(row.unread), int(row.unread))
                for row in connection.execute(query)
            }

    def chunks_left(self, now: datetime) -> Left:
        """Tell how many chunks of pages wait to be read, and whether any worker holds one."""
        sign = func.coalesce(reading_chunk.c.until, reading_chunk.c.made_at)
        query = select(func.count(), func.max(sign)).where(reading_chunk.c.done_at.is_(None))
        with self._engine.connect() as connection:
            count, last = connection.execute(query).one()
        return Left(count, last if last is not None and last <= now else None)

    def owed(self, since: datetime) -> Owed:
        """Sum up what the replica is owed; ``since``: from when on it counts as new."""
        query = (
            select(
                func.count(),
                func.coalesce(func.sum(stored_object.c.byte_count), 0),
                func.coalesce(func.sum(case((object_copy.c.since >= since, 1), else_=0)), 0),
                func.min(object_copy.c.since),
            )
            .join(stored_object, stored_object.c.key == object_copy.c.key)
            .where(object_copy.c.place.in_(list(Place)), object_copy.c.state == CopyState.OWED)
        )
        with self._engine.connect() as connection:
            objects, byte_count, new, oldest = connection.execute(query).one()
        return Owed(objects, int(byte_count), int(new), oldest)

    def bad_copies(self) -> Mapping[tuple[Place, CopyState], int]:
        """Count the copies that are damaged or missing, by place and state; none is 0."""
        query = (
            select(object_copy.c.place, object_copy.c.state, func.count().label("copies"))
            .where(object_copy.c.place.in_(list(Place)), object_copy.c.state.in_(BAD))
            .group_by(object_copy.c.place, object_copy.c.state)
        )
        found = {(place, state): 0 for place in Place for state in BAD}
        with self._engine.connect() as connection:
            for row in connection.execute(query):
                found[Place(row.place), CopyState(row.state)] = row.copies
        return found

    def longest_unread(self) -> Mapping[Place, datetime]:
        """Give for each store since when the copy that waits longest was not read in full.

        Cold copies lie on carriers too, whose reading has a rule of its own (``pipeline.carriers``).
        """
        found: dict[Place, datetime] = {}
        with self._engine.connect() as connection:
            for place in (Place.PRIMARY, Place.REPLICA):
                held = and_(object_copy.c.place == place, object_copy.c.state.in_(HELD))
                read = select(func.min(object_copy.c.verified_at)).where(held)
                never = select(func.min(object_copy.c.since)).where(
                    held, object_copy.c.verified_at.is_(None)
                )
                moments = [connection.execute(one).scalar() for one in (read, never)]
                if known := [at for at in moments if at is not None]:
                    found[place] = min(known)
        return found

    def first_batch(self) -> datetime | None:
        """Give when the first batch was opened; None: nothing came in yet."""
        with self._engine.connect() as connection:
            return connection.execute(select(func.min(batch.c.opened_at))).scalar()

    def unsigned(self) -> Unsigned:
        """Tell how many entries of the log no checkpoint covers, and since when."""
        newest = select(log_checkpoint.c.size, log_checkpoint.c.at).order_by(
            log_checkpoint.c.size.desc()
        )
        with self._engine.connect() as connection:
            signed = connection.execute(newest.limit(1)).first()
            size = signed.size if signed else 0
            last = connection.execute(select(func.max(log.c.seq))).scalar() or 0
            body = connection.execute(select(log.c.body).where(log.c.seq == size + 1)).scalar()
        since = datetime.fromisoformat(json.loads(body)["at"]) if body else None
        return Unsigned(max(last - size, 0), since, signed.at if signed else None)


LATELY = timedelta(hours=1)
"""What the replica is owed since counts as new: a debt that grows."""
