"""Profiles as headquarters published them, each in force from a business day on (CG-16.2a)."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Engine, Row, func, insert, select

from catalog.log import append
from catalog.moment import once_a_moment
from catalog.tables import profile_version
from catalog.within import DAY


@dataclass(frozen=True)
class PublishedProfile:
    """One published profile; it is never changed or taken away."""

    number: int
    """In the order published, from 1."""
    sha256: str
    text: str
    """YAML, as it was handed in."""
    since: date
    """First business day."""
    published_by: str
    at: datetime


_DIGESTS = select(profile_version.c.sha256)
_IN_FORCE = (
    select(profile_version)
    .where(profile_version.c.since <= DAY)
    .order_by(profile_version.c.since.desc(), profile_version.c.number.desc())
    .limit(1)
)


class Profiles:
    """Keeps published profiles and says which one is in force."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def all(self) -> tuple[PublishedProfile, ...]:
        """Give every published profile, in the order published."""
        query = select(profile_version).order_by(profile_version.c.number)
        with self._engine.connect() as connection:
            return tuple(map(_published, connection.execute(query)))

    @once_a_moment
    def digests(self) -> frozenset[str]:
        """Give the SHA-256 of every text that was ever published."""
        with self._engine.connect() as connection:
            return frozenset(connection.execute(_DIGESTS).scalars())

    @once_a_moment
    def in_force(self, day: date) -> PublishedProfile | None:
        """Give the profile in force on a business day; None when none was published for it.

        That is the one with the latest first day that has begun; of several, the last published.
        """
        with self._engine.connect() as connection:
            row = connection.execute(_IN_FORCE, {"day": day}).first()
        return _published(row) if row else None

    def publish(self, text: str, since: date, who: str) -> PublishedProfile:
        """Enter a profile; one that was the last published for its first day already stays that one."""
        sha256 = hashlib.sha256(text.encode()).hexdigest()
        with self._engine.begin() as connection:
            of_day = select(profile_version).where(profile_version.c.since == since)
            last = connection.execute(of_day.order_by(profile_version.c.number.desc())).first()
            if last is not None and last.sha256 == sha256:
                return _published(last)
            number = connection.execute(select(func.max(profile_version.c.number))).scalar() or 0
            published = PublishedProfile(number + 1, sha256, text, since, who, datetime.now(UTC))
            connection.execute(insert(profile_version).values(asdict(published)))
            append(
                connection,
                who,
                "profile.publish",
                str(number + 1),
                sha256=sha256,
                since=since.isoformat(),
            )
            return published


def _published(row: Row[Any]) -> PublishedProfile:
    return PublishedProfile(row.number, row.sha256, row.text, row.since, row.published_by, row.at)
