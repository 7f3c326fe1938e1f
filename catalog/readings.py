"""What was read on each page, first and second time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime

from sqlalchemy import Connection, Engine, bindparam, insert, or_, select, update

from catalog.pages import of_branch_day
from catalog.tables import delivery, page, reading, second_reading
from catalog.task_rows import AT_ONCE
from catalog.upsert import insert_or_update
from catalog.within import BRANCH, DAY
from pipeline.content import Content
from pipeline.measured import ScanParameters
from pipeline.model import NO_READER, FieldName, FieldValue, Reading

_READING = Content(Reading)
_FIELD = Content(FieldValue)
_PARAMETERS = Content(ScanParameters)
_UNREAD = (
    of_branch_day(select(delivery.c.sha256, delivery.c.batch_id).distinct(), DAY, BRANCH)
    .where(delivery.c.state == "admitted")
    .where(or_(reading.c.engine.is_(None), reading.c.engine == NO_READER))
    .order_by(delivery.c.sha256, delivery.c.batch_id)
)


_OF_PAGES = select(reading.c.sha256, reading.c.content).where(
    reading.c.sha256.in_(bindparam("pages", expanding=True))
)


def keep_reading(connection: Connection, sha256: str, result: Reading) -> None:
    """Enter what was read on a page in the caller's transaction, see ``Readings.keep``."""
    values = {
        "engine": result.engine,
        "at": datetime.now(UTC),
        "content": _READING.dump(result),
        "cpu_seconds": result.cpu_seconds,
        "wall_seconds": result.wall_seconds,
    }
    of_page = reading.c.sha256 == sha256
    known = connection.execute(select(reading.c.engine).where(of_page)).scalar()
    if known is None:
        row = insert_or_update(connection, reading).values(sha256=sha256, **values)
        connection.execute(row.on_conflict_do_nothing())  # somebody else may be as quick
    elif known == NO_READER != result.engine:
        connection.execute(update(reading).where(of_page).values(**values))
        of_deliveries = delivery.c.sha256 == sha256
        connection.execute(update(delivery).where(of_deliveries).values(judged_id=None))


def unread_pages(connection: Connection, day: date, branch: str) -> dict[str, str]:
    """Give the pages in the caller's transaction, see ``Readings.unread``; each with a batch it came in."""
    rows = connection.execute(_UNREAD, {"day": day, "branch": branch})
    return {row.sha256: row.batch_id for row in rows}


class Readings:
    """Keeps readings by the page's SHA-256; what was read once stands, that a reader failed does not."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def keep(self, sha256: str, result: Reading) -> None:
        """Keep what was read on a page; the first reading stands.

        One that only tells that the reader failed gives way to the first that did not; the page is then
        to be judged anew.
        """
        with self._engine.begin() as connection:
            keep_reading(connection, sha256, result)

    def unread(self, day: date, branch: str) -> tuple[str, ...]:
        """Give the admitted pages of a branch and day on which nothing was read yet, by SHA-256.

        Those on which the reader failed are among them: the machine may have been busy, the reader
        mended since.
        """
        with self._engine.connect() as connection:
            return tuple(unread_pages(connection, day, branch))

    def of_day(self, day: date, branch: str) -> dict[str, Reading]:
        """Give what was read on the admitted pages of a branch and day, by SHA-256."""
        query = (
            of_branch_day(select(delivery.c.sha256, reading.c.content), day, branch)
            .where(delivery.c.state == "admitted")
            .where(reading.c.content.is_not(None))
        )
        with self._engine.connect() as connection:
            return {row.sha256: _READING.load(row.content) for row in connection.execute(query)}

    def of_pages(self, sha256s: Sequence[str]) -> dict[str, Reading]:
        """Give what was read on these pages, by SHA-256; what was not read yet is left out."""
        with self._engine.connect() as connection:
            return {
                row.sha256: _READING.load(row.content)
                for start in range(0, len(sha256s), AT_ONCE)
                for row in connection.execute(
                    _OF_PAGES, {"pages": sha256s[start : start + AT_ONCE]}
                )
            }

    def of_page(self, sha256: str) -> Reading | None:
        """Give what was read on a page; None when it was not read yet."""
        query = select(reading.c.content).where(reading.c.sha256 == sha256)
        with self._engine.connect() as connection:
            content = connection.execute(query).scalar()
        return None if content is None else _READING.load(content)

    def read_whole(self, latest: int) -> tuple[tuple[str, ScanParameters, Reading], ...]:
        """Give the pages last read whole: SHA-256, as measured, as read; the latest first."""
        query = (
            select(page.c.sha256, page.c.parameters, reading.c.content)
            .join(reading, reading.c.sha256 == page.c.sha256)
            .where(reading.c.engine.not_like("% zones %"))
            .order_by(reading.c.at.desc(), page.c.sha256)
            .limit(latest)
        )
        with self._engine.connect() as connection:
            return tuple(
                (
                    row.sha256,
                    _PARAMETERS.load(row.parameters),
                    _READING.load(row.content),
                )
                for row in connection.execute(query)
            )

    def second(self, sha256: str, name: FieldName) -> tuple[bool, FieldValue | None]:
        """Give (whether the field was read a second time, what was read then)."""
        query = select(second_reading.c.content).where(
            second_reading.c.sha256 == sha256, second_reading.c.field == name
        )
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
        content = row.content if row else None
        return row is not None, None if content is None else _FIELD.load(content)

    def keep_second(self, sha256: str, name: FieldName, value: FieldValue | None) -> None:
        """Keep what the second reading of a field gave; None when it could not read it."""
        content = None if value is None else _FIELD.dump(value)
        with self._engine.begin() as connection:
            of_field = (second_reading.c.sha256 == sha256) & (second_reading.c.field == name)
            if connection.execute(select(second_reading.c.field).where(of_field)).first():
                return
            connection.execute(
                insert(second_reading).values(sha256=sha256, field=str(name), content=content)
            )
