"""The register of papers given to readers (查阅登记, B1-06); out and back stand on customers' forms too."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, func, insert, select

from catalog.archives import take
from catalog.log import append
from catalog.tables import archive_line, paper_reading, paper_return
from pipeline.archive import LineKind
from pipeline.errors import UserError
from pipeline.language import say
from pipeline.reading_room import Giving, PaperReading, Place, Return


class ReadingRoom:
    """Keeps who was given which paper and how it came back; nothing of it is ever changed."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def all(self, branch: str | None = None) -> tuple[PaperReading, ...]:
        """Give the readings of a branch's papers (None: of all), in their order."""
        query = _readings().order_by(paper_reading.c.no)
        if branch is not None:
            query = query.where(paper_reading.c.branch == branch)
        with self._engine.connect() as connection:
            return tuple(_reading(row) for row in connection.execute(query))

    def out(self, branch: str | None = None) -> tuple[PaperReading, ...]:
        """Give those that are not back, what is due first before the others."""
        query = _readings().where(paper_return.c.reading_no.is_(None))
        if branch is not None:
            query = query.where(paper_reading.c.branch == branch)
        query = query.order_by(paper_reading.c.due, paper_reading.c.no)
        with self._engine.connect() as connection:
            return tuple(_reading(row) for row in connection.execute(query))

    def give(self, giving: Giving) -> None:
        """Enter that papers went to a reader; raises UserError where one of them is not in store."""
        with self._engine.begin() as connection:
            for line in giving.lines:
                self._give(connection, giving, line)

    def take_back(self, counts: Mapping[str, int], note: str, by: str, at: datetime) -> None:
        """Enter that papers came back: entry number -> pages counted. Raises UserError where one is not out,
        or its count differs and ``note`` does not say why; then none is entered."""
        with self._engine.begin() as connection:
            out = _readings().where(paper_return.c.reading_no.is_(None))
            known = {one.entry: one for one in map(_reading, connection.execute(out))}
            for entry, pages in counts.items():
                if entry not in known:
                    raise UserError(say("{entry} is with no reader.", entry=entry))
                _take_back(connection, known[entry], Return(pages, note, by, at))

    def _give(self, connection: Connection, giving: Giving, line: int) -> None:
        no = (connection.execute(select(func.max(paper_reading.c.no))).scalar() or 0) + 1
        told = f"{giving.reader}: {giving.purpose}"
        take(
            *(connection, giving.customer_no, line, LineKind.OUT),
            *(told, giving.person, giving.at),
        )
        connection.execute(
            insert(paper_reading).values(
                no=no,
                request_no=giving.request_no,
                customer_no=giving.customer_no,
                line=line,
                branch=giving.branch,
                reader=giving.reader,
                purpose=giving.purpose,
                place=str(giving.place),
                due=giving.due,
                person=giving.person,
                at=giving.at,
            )
        )
        details: dict[str, Any] = {"reader": giving.reader, "request": giving.request_no}
        details |= {"place": str(giving.place), "due": giving.due.isoformat()}
        append(connection, giving.person, "reading.give", str(no), branch=giving.branch, **details)


def _take_back(connection: Connection, one: PaperReading, back: Return) -> None:
    one.checked_return(back.pages, back.note)
    note = back.note or one.reader
    take(connection, one.customer_no, one.line, LineKind.BACK, note, back.person, back.at)
    connection.execute(insert(paper_return).values(reading_no=one.no, **vars(back)))
    counted: dict[str, Any] = {"out": one.pages, "back": back.pages}
    append(connection, back.person, "reading.back", str(one.no), branch=one.branch, **counted)


def _readings() -> Select[Any]:
    line = (archive_line.c.customer_no == paper_reading.c.customer_no) & (
        archive_line.c.number == paper_reading.c.line
    )
    back = [
        paper_return.c.pages.label("back_pages"),
        paper_return.c.note,
        paper_return.c.person.label("back_person"),
        paper_return.c.at.label("back_at"),
    ]
    return (
        select(paper_reading, archive_line.c.content, archive_line.c.pages, *back)
        .join(archive_line, line)
        .outerjoin(paper_return, paper_return.c.reading_no == paper_reading.c.no)
    )


def _reading(row: Row[Any]) -> PaperReading:
    return PaperReading(
        no=row.no,
        request_no=row.request_no,
        customer_no=row.customer_no,
        line=row.line,
        content=row.content,
        pages=row.pages,
        branch=row.branch,
        reader=row.reader,
        purpose=row.purpose,
        place=Place(row.place),
        due=row.due,
        person=row.person,
        at=row.at,
        back=None
        if row.back_at is None
        else Return(row.back_pages, row.note, row.back_person, row.back_at),
    )
