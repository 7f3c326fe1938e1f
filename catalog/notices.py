"""Notices about working and trading days, as headquarters imported them; none is ever taken away."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Engine, func, insert, select

from catalog.log import append
from catalog.moment import once_a_moment
from catalog.tables import calendar_notice
from pipeline.calendar import CalendarNotice, load_notices, notice_as_json
from pipeline.model import identity

_ALL = select(calendar_notice).order_by(calendar_notice.c.no.desc())


@dataclass(frozen=True)
class KeptNotice:
    """A notice, and who imported it when."""

    notice: CalendarNotice
    imported_by: str
    at: datetime


class Notices:
    """Keeps notices by their content: the same one again changes nothing."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @once_a_moment
    def all(self) -> tuple[KeptNotice, ...]:
        """Give every notice, the last imported first."""
        with self._engine.connect() as connection:
            rows = connection.execute(_ALL).all()
        notices = load_notices(json.dumps([row.content for row in rows]))
        return tuple(
            KeptNotice(notice, row.imported_by, row.at)
            for notice, row in zip(notices, rows, strict=True)
        )

    def keep(self, notices: Iterable[CalendarNotice], who: str) -> int:
        """Enter notices; returns how many are new."""
        new = 0
        with self._engine.begin() as connection:
            for notice in notices:
                content = notice_as_json(notice)
                notice_id = identity(json.dumps(content, ensure_ascii=False))
                known = select(calendar_notice.c.id).where(calendar_notice.c.id == notice_id)
                if connection.execute(known).first():
                    continue
                last = connection.execute(select(func.max(calendar_notice.c.no))).scalar() or 0
                connection.execute(
                    insert(calendar_notice).values(
                        id=notice_id,
                        no=last + 1,
                        content=content,
                        imported_by=who,
                        at=datetime.now(UTC),
                    )
                )
                append(connection, who, "calendar.import", notice_id, year=notice.year)
                new += 1
        return new
