"""Until when rules keep objects, and which copies are not locked for so long."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Engine, case, func, or_, select, update

from catalog.copies import in_chunks
from catalog.tables import object_copy, object_date
from catalog.upsert import insert_or_update
from pipeline.copies import HELD, Place


@dataclass(frozen=True)
class Kept:
    """Until when an object must stay, and the rule that says so."""

    until: datetime
    rule: str


@dataclass(frozen=True)
class ShortLock:
    """A copy that is not known to be locked for as long as a rule keeps its object."""

    key: str
    place: Place
    until: datetime


class Retention:
    """Knows the dates that rules gave objects. Of several rules the longest holds (CG-17.3d, CG-17.3f)."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def keep(self, keys: Sequence[str], rule: str, until: datetime) -> None:
        """Enter that a rule, named by its requirement, keeps objects until a date; it never gets shorter."""
        now = datetime.now(UTC)
        with self._engine.begin() as connection:
            made = insert_or_update(connection, object_date)
            old, new = object_date.c, made.excluded
            longer = {
                "until": case((new.until > old.until, new.until), else_=old.until),
                "at": new.at,
            }
            statement = made.on_conflict_do_update(index_elements=["key", "rule"], set_=longer)
            for some in in_chunks(keys):
                rows = [{"key": key, "rule": rule, "until": until, "at": now} for key in some]
                connection.execute(statement, rows)

    def of(self, keys: Sequence[str]) -> Mapping[str, Kept]:
        """Give for each object that a rule keeps the latest date, and the rule that wins."""
        found: dict[str, Kept] = {}
        with self._engine.connect() as connection:
            for some in in_chunks(keys):
                query = select(object_date).where(object_date.c.key.in_(some))
                for row in connection.execute(query.order_by(object_date.c.until)):
                    found[row.key] = Kept(row.until, row.rule)
        return found

    def count(self) -> int:
        """Count the objects that a rule keeps until a known date."""
        with self._engine.connect() as connection:
            return connection.execute(select(func.count(object_date.c.key.distinct()))).scalar_one()

    def short(self, places: Collection[Place]) -> Iterator[ShortLock]:
        """Yield the copies at ``places`` that are locked for less than a rule says, by their keys."""
        longest = (
            select(object_date.c.key, func.max(object_date.c.until).label("until"))
            .group_by(object_date.c.key)
            .subquery()
        )
        query = (
            select(object_copy.c.key, object_copy.c.place, longest.c.until)
            .join(longest, longest.c.key == object_copy.c.key)
            .where(object_copy.c.place.in_(tuple(places)), object_copy.c.state.in_(HELD))
            .where(
                or_(
                    object_copy.c.locked_until.is_(None),
                    object_copy.c.locked_until < longest.c.until,
                )
            )
            .order_by(object_copy.c.key, object_copy.c.place)
        )
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        return (ShortLock(row.key, Place(row.place), row.until) for row in rows)

    def locked(self, copies: Sequence[ShortLock]) -> None:
        """Enter until when stores were seen to lock copies."""
        with self._engine.begin() as connection:
            for one in copies:
                of_copy = (object_copy.c.key == one.key) & (object_copy.c.place == one.place)
                changed = update(object_copy).where(of_copy)
                connection.execute(changed.values(locked_until=one.until))
