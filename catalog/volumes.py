"""The register of cold volumes, and where the pages in them come from."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Engine, func, insert, select, update

from catalog.copies import LEAVING, KeptObject
from catalog.days import Days
from catalog.log import append
from catalog.streams import Streams
from catalog.tables import (
    batch,
    copy_event,
    delivery,
    digital_file,
    digital_package,
    object_copy,
    page,
    scan_rules,
    stored_object,
    volume,
    volume_act,
)
from pipeline.copies import HELD, CopyState, Place
from pipeline.media import Format
from pipeline.model import Transaction

_AT_ONCE = 500


@dataclass(frozen=True)
class Volume:
    """A cold volume as it was made."""

    name: str
    objects: int
    byte_count: int
    made_at: datetime
    manifest: str | None = None
    """SHA-256 of its manifest-sha256.txt; None of volumes that were made before it was kept."""
    sealed: str | None = None
    """SHA-256 of sha256sum.txt of an encrypted volume; None of a plain one."""


@dataclass(frozen=True)
class VolumeAct:
    """What was done with a volume: "made", "checked", "failed", "lost" or "leaving"."""

    volume: str
    kind: str
    who: str
    at: datetime
    detail: str


@dataclass(frozen=True)
class PagePlace:
    """One delivery of a page: what it is called and where it belongs."""

    day: date
    branch: str
    name: str
    suffix: str
    state: str
    document_type: str | None
    booked: Transaction | None
    """The transaction that the page was matched with; None when it was not."""


class Volumes:
    """Enters volumes and what was done with them; each act with its log line in one transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._days = Days(engine)
        self._streams = Streams(engine)

    def names(self) -> tuple[str, ...]:
        """Give the names of all volumes that were entered."""
        with self._engine.connect() as connection:
            return tuple(
                connection.execute(select(volume.c.name).order_by(volume.c.name)).scalars()
            )

    def all(self) -> tuple[Volume, ...]:
        """Give all volumes in their order."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(volume).order_by(volume.c.name))
            return tuple(Volume(*row) for row in rows)

    def one(self, name: str) -> Volume | None:
        """Give a volume; None when it was never entered."""
        with self._engine.connect() as connection:
            row = connection.execute(select(volume).where(volume.c.name == name)).first()
        return None if row is None else Volume(*row)

    def objects_in(self, name: str) -> tuple[KeptObject, ...]:
        """Give the objects whose cold copy is the one in this volume, without their copies."""
        query = (
            select(stored_object)
            .join(object_copy, object_copy.c.key == stored_object.c.key)
            .where(object_copy.c.place == Place.COLD, object_copy.c.version_id == name)
        )
        with self._engine.connect() as connection:
            return tuple(
                KeptObject(row.key, row.sha256, row.byte_count, (), row.stored_at)
                for row in connection.execute(query)
            )

    def objects_by_volume(self) -> dict[str, int]:
        """Count for each cold volume the objects whose cold copy is said to lie in it."""
        query = (
            select(object_copy.c.version_id, func.count().label("objects"))
            .where(object_copy.c.place == Place.COLD, object_copy.c.version_id.is_not(None))
            .where(object_copy.c.state != CopyState.REMOVED)
            .group_by(object_copy.c.version_id)
            .order_by(object_copy.c.version_id)
        )
        with self._engine.connect() as connection:
            return {row.version_id: row.objects for row in connection.execute(query)}

    def gone(self, name: str) -> None:
        """Enter that a cold volume is nowhere: its copies are missing, its objects are packed again."""
        now = datetime.now(UTC)
        lost = (
            update(object_copy)
            .where(object_copy.c.place == Place.COLD, object_copy.c.version_id == name)
            .where(object_copy.c.state.in_(HELD))
            .values(state=CopyState.MISSING, since=now)
        )
        with self._engine.begin() as connection:
            if count := connection.execute(lost).rowcount:
                values = {"key": name, "place": Place.COLD, "at": now, "what": "missing"}
                connection.execute(insert(copy_event).values(**values, detail={"objects": count}))

    def enter(self, made: Volume, who: str) -> None:
        """Enter a volume that was read back, unless it is entered already."""
        if made.name in self.names():
            return
        with self._engine.begin() as connection:
            connection.execute(insert(volume).values(vars(made)))
            _act(connection, VolumeAct(made.name, "made", who, made.made_at, ""))

    def checked(
        self, name: str, place: str, faults: Sequence[str], who: str, manifest: str | None = None
    ) -> None:
        """Enter that a copy of a volume was read in full at a place, and what was found.

        ``manifest``: its digest, entered where none is known yet.
        """
        kind = "failed" if faults else "checked"
        with self._engine.begin() as connection:
            if manifest:
                unknown = update(volume).where(volume.c.name == name, volume.c.manifest.is_(None))
                connection.execute(unknown.values(manifest=manifest))
            detail = "; ".join([place, *faults[:20]])
            _act(connection, VolumeAct(name, kind, who, datetime.now(UTC), detail))

    def give_up(self, name: str, reason: str, who: str) -> None:
        """Enter that no copy of a volume can be read any more."""
        with self._engine.begin() as connection:
            _act(connection, VolumeAct(name, "lost", who, datetime.now(UTC), reason))

    def leave(self, name: str, reason: str, who: str) -> None:
        """Enter that a volume is to be destroyed; once is enough."""
        if any(act.kind == LEAVING for act in self.acts(name)):
            return
        with self._engine.begin() as connection:
            _act(connection, VolumeAct(name, LEAVING, who, datetime.now(UTC), reason))

    def emptied(self, name: str) -> None:
        """Enter that a volume is destroyed: it has no copies, and none is missing."""
        gone = update(object_copy).where(
            object_copy.c.place == Place.COLD, object_copy.c.version_id == name
        )
        with self._engine.begin() as connection:
            connection.execute(gone.values(state=CopyState.REMOVED, since=datetime.now(UTC)))

    def given_up(self) -> frozenset[str]:
        """Give the volumes that were given up."""
        query = select(volume_act.c.volume).where(volume_act.c.kind == "lost")
        with self._engine.connect() as connection:
            return frozenset(connection.execute(query).scalars())

    def acts(self, name: str | None = None) -> tuple[VolumeAct, ...]:
        """Give what was done with a volume, or with all, in order."""
        columns = [c for c in volume_act.columns if c.name != "id"]
        query = select(*columns).order_by(volume_act.c.id)
        if name is not None:
            query = query.where(volume_act.c.volume == name)
        with self._engine.connect() as connection:
            return tuple(VolumeAct(*row) for row in connection.execute(query))

    def places(self, sha256s: Collection[str]) -> dict[str, tuple[PagePlace, ...]]:
        """Give for each page or born-digital file all deliveries, the first first; containers have none."""
        wanted = sorted(set(sha256s))
        rows: list[Any] = []
        digital: list[Any] = []
        with self._engine.connect() as connection:
            for start in range(0, len(wanted), _AT_ONCE):
                some = wanted[start : start + _AT_ONCE]
                query = _PLACES.where(delivery.c.sha256.in_(some))
                rows += connection.execute(query.order_by(delivery.c.at, delivery.c.id)).all()
                digital += connection.execute(_DIGITAL.where(digital_file.c.sha256.in_(some))).all()
        matched = lru_cache(maxsize=64)(self._matched)
        booked_on = lru_cache(maxsize=64)(self._streams.of_day)
        found: dict[str, list[PagePlace]] = {}
        for row in rows:
            booked = matched(row.business_date, row.branch).get(row.delivery_id)
            found.setdefault(row.sha256, []).append(_place(row, booked))
        for row in digital:
            rows_of_day = booked_on(row.business_date, row.branch)
            found.setdefault(row.sha256, []).append(_digital_place(row, rows_of_day))
        return {sha256: tuple(places) for sha256, places in found.items()}

    def _matched(self, day: date, branch: str) -> dict[str, Transaction]:
        """Delivery -> the transaction it was matched with, as the branch's day was closed last."""
        booked = {one.serial_no: one for one in self._streams.of_day(day, branch)}
        return {
            page.delivery_id: booked[match.serial_no]
            for result in self._days.results(day, branch)
            for match in result.matches
            if match.serial_no in booked
            for page in match.pages
        }


_PLACES = (
    select(
        delivery.c.id.label("delivery_id"),
        delivery.c.sha256,
        delivery.c.name,
        delivery.c.state,
        batch.c.business_date,
        batch.c.branch,
        page.c.suffix,
        scan_rules.c.document_type,
    )
    .join(page, page.c.sha256 == delivery.c.sha256)
    .join(batch, batch.c.id == delivery.c.batch_id)
    .outerjoin(
        scan_rules, scan_rules.c.id == func.coalesce(delivery.c.judged_id, delivery.c.rules_id)
    )
)


_DIGITAL = (
    select(
        *(digital_file.c.sha256, digital_file.c.name, digital_file.c.format),
        *(digital_file.c.document_type, digital_package.c.business_date),
        *(digital_package.c.branch, digital_package.c.serial_no),
    )
    .join(digital_package, digital_package.c.id == digital_file.c.package_id)
    .order_by(digital_package.c.at, digital_package.c.id)
)


def _place(row: Any, booked: Transaction | None) -> PagePlace:
    return PagePlace(
        day=row.business_date,
        branch=row.branch,
        name=row.name,
        suffix=row.suffix,
        state=row.state,
        document_type=row.document_type,
        booked=booked,
    )


def _digital_place(row: Any, booked: Sequence[Transaction]) -> PagePlace:
    """Where a born-digital file belongs: its package names the transaction."""
    return PagePlace(
        day=row.business_date,
        branch=row.branch,
        name=row.name,
        suffix=Format(row.format).suffix,
        state="digital",
        document_type=row.document_type,
        booked=next((one for one in booked if one.serial_no == row.serial_no), None),
    )


def _act(connection: Connection, act: VolumeAct) -> None:
    connection.execute(insert(volume_act).values(vars(act)))
    append(connection, act.who, f"volume.{act.kind}", act.volume, detail=act.detail)
