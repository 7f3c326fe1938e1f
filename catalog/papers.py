"""The paper register of each branch and day: entries are added, and undone by an entry of their own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, Engine, func, insert, select

from catalog.log import append
from catalog.tables import paper_act
from catalog.within import BRANCH, DAY, within
from pipeline.errors import UserError
from pipeline.language import say
from pipeline.paper import PaperAct, PaperEntry, PaperKey, PaperReason
from pipeline.staff import person_key


class Papers:
    """Keeps what people said of papers; each entry and its log line are one transaction (rule R5)."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def entries(self, day: date, branch: str) -> tuple[PaperEntry, ...]:
        """Give the entries of a branch and day, undone ones too, in order."""
        with self._engine.connect() as connection:
            return _entries(connection, day, branch)

    def register(
        self,
        day: date,
        branch: str,
        *,
        handler: str,
        count: int,
        batch: str | None,
        serials: Sequence[str],
        by: str,
    ) -> PaperEntry:
        """Enter papers on receipt, before they are scanned (CG-13a).

        Raises UserError for a batch or serial number that is registered already: papers count once.
        """
        with self._engine.begin() as connection:
            standing = [
                one
                for one in _entries(connection, day, branch)
                if one.kind is PaperAct.REGISTER and not one.undone
            ]
            for entry in standing:
                _must_be_new(entry, batch, serials)
            key = PaperKey(batch=batch, handler=handler)
            return _enter(
                connection, day, branch, PaperAct.REGISTER, count, key, by, serials=serials
            )

    def explain(
        self,
        day: date,
        branch: str,
        of: PaperKey,
        *,
        count: int,
        reason: PaperReason,
        note: str,
        by: str,
    ) -> PaperEntry:
        """Enter why papers have no image."""
        with self._engine.begin() as connection:
            return _enter(
                connection, day, branch, PaperAct.EXPLAIN, count, of, by, reason=reason, note=note
            )

    def undo(self, no: int, by: str) -> PaperEntry:
        """Take back one's own entry, by an entry of its own; returns the one taken back.

        Raises UserError when there is none of this number, it is another's, or it is undone already.
        """
        with self._engine.begin() as connection:
            row = connection.execute(select(paper_act).where(paper_act.c.no == no)).first()
            if row is None or row.kind == PaperAct.UNDO:
                raise UserError(say("There is no entry {no}; see “paperproof paper list”.", no=no))
            if row.person_key != person_key(by):
                raise UserError(
                    say(
                        "Entry {no} is by {person}, who alone may take it back.",
                        no=no,
                        person=row.person,
                    )
                )
            entries = _entries(connection, row.business_date, row.branch)
            entry = next(one for one in entries if one.no == no)
            if entry.undone:
                raise UserError(say("Entry {no} is taken back already.", no=no))
            _enter(
                connection,
                row.business_date,
                row.branch,
                PaperAct.UNDO,
                entry.count,
                entry.of,
                by,
                undoes=no,
            )
            return entry


def _must_be_new(entry: PaperEntry, batch: str | None, serials: Sequence[str]) -> None:
    again = set(serials) & set(entry.serials)
    if again:
        raise UserError(
            say(
                "Paper {serial} is registered already, in entry {no} by {person}; take that back first.",
                serial=", ".join(sorted(again)),
                no=entry.no,
                person=entry.person,
            )
        )
    if batch is not None and entry.of.batch == batch and not serials and not entry.serials:
        raise UserError(
            say(
                "Batch {batch} is registered already with {count} papers, in entry {no} by {person}; take "
                "that back first.",
                batch=batch,
                count=entry.count,
                no=entry.no,
                person=entry.person,
            )
        )


_OF_DAY = within(select(paper_act), paper_act, DAY, BRANCH).order_by(paper_act.c.no)


def _entries(connection: Connection, day: date, branch: str) -> tuple[PaperEntry, ...]:
    rows = connection.execute(_OF_DAY, {"day": day, "branch": branch}).all()
    undone = {row.undoes for row in rows}
    return tuple(
        PaperEntry(
            no=row.no,
            kind=PaperAct(row.kind),
            count=row.papers,
            of=PaperKey(row.serial_no, row.batch, row.handler),
            serials=tuple(row.serials),
            reason=PaperReason(row.reason) if row.reason else None,
            note=row.note,
            person=row.person,
            at=row.at,
            undone=row.no in undone,
        )
        for row in rows
        if row.kind != PaperAct.UNDO
    )


def _enter(
    connection: Connection,
    day: date,
    branch: str,
    kind: PaperAct,
    count: int,
    of: PaperKey,
    by: str,
    *,
    serials: Sequence[str] = (),
    reason: PaperReason | None = None,
    note: str = "",
    undoes: int | None = None,
) -> PaperEntry:
    no = (connection.execute(select(func.max(paper_act.c.no))).scalar() or 0) + 1
    row: dict[str, Any] = {
        "papers": count,
        "serial_no": of.serial_no,
        "batch": of.batch,
        "handler": of.handler,
        "serials": list(serials),
        "reason": str(reason) if reason else None,
        "undoes": undoes,
    }
    at = datetime.now(UTC)
    connection.execute(
        insert(paper_act).values(
            **row,
            no=no,
            business_date=day,
            branch=branch,
            kind=str(kind),
            note=note,
            person=by,
            person_key=person_key(by),
            at=at,
        )
    )
    append(connection, by, f"paper.{kind}", f"{branch}/{day.isoformat()}", no=no, **row)
    return PaperEntry(no, kind, count, of, tuple(serials), reason, note, by, at)
