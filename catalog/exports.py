"""The register of packages that leave the system: acts are added, never changed; each stands in the log."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, func, insert, select
from sqlalchemy.exc import IntegrityError

from catalog.log import append
from catalog.tables import export, export_act
from pipeline.errors import UserError
from pipeline.exports import Channel, Export, ExportAct, ExportActKind, Wanted, What
from pipeline.language import say


class Exports:
    """Keeps who asked for which package, who approved it, and how package and key went out."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def all(self, places: Collection[str] | None = None) -> tuple[Export, ...]:
        """Give the exports of some branches (None: of all), the newest first."""
        query = select(export).order_by(export.c.no.desc())
        if places is not None:
            query = query.where(export.c.branch.in_(sorted(places)))
        with self._engine.connect() as connection:
            return _read(connection, query)

    def one(self, no: int) -> Export:
        """Give an export; raises UserError when there is none of the number."""
        with self._engine.connect() as connection:
            return _one(connection, no)

    def ask(self, applicant: str, wanted: Wanted, at: datetime) -> Export:
        """Enter what somebody asks for."""
        with self._engine.begin() as connection:
            no = (connection.execute(select(func.max(export.c.no))).scalar() or 0) + 1
            values = vars(wanted) | {"what": str(wanted.what), "names": list(wanted.names)}
            values |= {"package_by": str(wanted.package_by), "key_by": str(wanted.key_by)}
            connection.execute(insert(export).values(no=no, applicant=applicant, at=at, **values))
            told = {name: values[name] for name in ("what", "purpose", "package_by", "key_by")}
            told |= {"recipient": wanted.recipient, "branch": wanted.branch}
            append(connection, applicant, "export.ask", f"EXPORT-{no:06d}", **told)
        return self.one(no)

    def enter(self, no: int, act: ExportAct, days: int) -> Export:
        """Enter an act, judged by how the export stands now; raises as ``Export.must_allow`` does."""
        try:
            with self._engine.begin() as connection:
                one = _one(connection, no)
                one.must_allow(act.kind, act.person, act.at, days)
                values = vars(act) | {"kind": str(act.kind)}
                connection.execute(insert(export_act).values(export_no=no, **values))
                append(connection, act.person, f"export.{act.kind}", one.number, **_told(one, act))
        except IntegrityError as error:
            raise UserError(say("Somebody else was quicker; look at it again.")) from error
        return self.one(no)


def _told(one: Export, act: ExportAct) -> dict[str, Any]:
    told: dict[str, Any] = {"branch": one.wanted.branch}
    if act.note:
        told["reason"] = act.note
    if act.kind is ExportActKind.MAKE:
        told["package"] = act.sha256
    if act.kind in (ExportActKind.SEND_PACKAGE, ExportActKind.SEND_KEY):
        told["channel"] = str(one.channel_of(act.kind))
    return told


def _one(connection: Connection, no: int) -> Export:
    found = _read(connection, select(export).where(export.c.no == no))
    if not found:
        raise UserError(say("There is no export {no}; see “paperproof export list”.", no=no))
    return found[0]


def _read(connection: Connection, query: Select[Any]) -> tuple[Export, ...]:
    rows = connection.execute(query).all()
    acts: dict[int, list[ExportAct]] = {row.no: [] for row in rows}
    for row in connection.execute(select(export_act).order_by(export_act.c.at)):
        if row.export_no in acts:
            kind = ExportActKind(row.kind)
            acts[row.export_no].append(ExportAct(kind, row.person, row.at, row.note, row.sha256))
    return tuple(_export(row, tuple(acts[row.no])) for row in rows)


def _export(row: Row[Any], acts: tuple[ExportAct, ...]) -> Export:
    wanted = Wanted(
        branch=row.branch,
        what=What(row.what),
        names=tuple(row.names),
        purpose=row.purpose,
        recipient=row.recipient,
        package_by=Channel(row.package_by),
        key_by=Channel(row.key_by),
        age_key=row.age_key,
    )
    return Export(row.no, row.applicant, wanted, row.at, acts)
