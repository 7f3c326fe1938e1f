"""The register of levels of secrecy and the access lists of the levels: only ever added to (BM-01, RC-12)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, func, insert, select
from sqlalchemy.exc import IntegrityError

from catalog.log import append
from catalog.tables import secrecy_act, secrecy_reader, secrecy_reader_end
from pipeline.access.policy import NotAllowed
from pipeline.audit.entry import digest_of
from pipeline.errors import UserError
from pipeline.language import say
from pipeline.secrecy import (
    Ended,
    Item,
    ItemKind,
    LevelAct,
    LevelActKind,
    Reader,
    own_level,
    waiting,
)
from pipeline.staff import Role, person_key


class SecrecyRegister:
    """Keeps what people decided on levels, and who is admitted to which."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def all(self) -> tuple[LevelAct, ...]:
        """Give every act, oldest first."""
        with self._engine.connect() as connection:
            return _acts(connection, select(secrecy_act))

    def of(self, item: Item) -> tuple[LevelAct, ...]:
        """Give the acts on one thing, oldest first."""
        with self._engine.connect() as connection:
            return _acts(connection, _of(item))

    def own_levels(self) -> Mapping[ItemKind, Mapping[str, str]]:
        """Give kind -> key -> own level of everything that somebody decided on."""
        of_item: dict[tuple[ItemKind, str], list[LevelAct]] = {}
        for act in self.all():
            of_item.setdefault((act.item.kind, act.item.key), []).append(act)
        found: dict[ItemKind, dict[str, str]] = {kind: {} for kind in ItemKind}
        for (kind, key), acts in of_item.items():
            level = own_level(acts)
            if level is not None:
                found[kind][key] = level
        return found

    def waiting(self) -> tuple[LevelAct, ...]:
        """Give the lowerings that wait for another person."""
        last = {(one.item.kind, one.item.key): one for one in self.all()}
        return tuple(one for one in last.values() if one.kind is LevelActKind.LOWER)

    def decide(
        self, item: Item, level: str, reason: str, by: str, at: datetime, *, lower: bool
    ) -> LevelAct:
        """Enter that a level is raised, or is asked to be lowered."""
        kind = LevelActKind.LOWER if lower else LevelActKind.RAISE
        with self._engine.begin() as connection:
            return _enter(connection, item, kind, level, reason, by, at)

    def settle(self, no: int, kind: LevelActKind, reason: str, by: str, at: datetime) -> LevelAct:
        """Confirm or refuse a lowering that another asked for.

        Raises UserError when it does not wait any more, NotAllowed for one's own.
        """
        with self._engine.begin() as connection:
            asked = _asked(connection, no)
            if person_key(asked.person) == person_key(by):
                raise NotAllowed(
                    say("Nobody confirms what they asked for; another person must."), "own request"
                )
            return _enter(connection, asked.item, kind, asked.level, reason, by, at)

    def one(self, no: int) -> LevelAct:
        """Give a lowering that waits; raises UserError when none does under that number."""
        with self._engine.connect() as connection:
            return _asked(connection, no)

    def readers(self) -> tuple[Reader, ...]:
        """Give all that ever stood on an access list, oldest first."""
        end = [
            secrecy_reader_end.c.reason.label("end_reason"),
            secrecy_reader_end.c.by.label("end_by"),
            secrecy_reader_end.c.at.label("end_at"),
        ]
        query = (
            select(secrecy_reader, *end)
            .outerjoin(secrecy_reader_end, secrecy_reader_end.c.reader_no == secrecy_reader.c.no)
            .order_by(secrecy_reader.c.no)
        )
        with self._engine.connect() as connection:
            return tuple(_reader(row) for row in connection.execute(query))

    def admit(
        self,
        level: str,
        who: Role | str,
        days: tuple[date, date | None],
        reason: str,
        by: str,
        at: datetime,
    ) -> int:
        """Put a role or a person on the access list of a level; return the number of the place."""
        role, person = (who, "") if isinstance(who, Role) else (None, who)
        with self._engine.begin() as connection:
            no = (connection.execute(select(func.max(secrecy_reader.c.no))).scalar() or 0) + 1
            values: dict[str, Any] = {
                "no": no,
                "level": level,
                "role": role and str(role),
                "person": person,
                "since": days[0],
                "until": days[1],
                "reason": reason,
                "by": by,
                "at": at,
            }
            connection.execute(insert(secrecy_reader).values(values))
            told: dict[str, Any] = {"level": level, "role": role and str(role), "reason": reason}
            told |= {"since": days[0].isoformat(), "until": days[1] and days[1].isoformat()}
            append(connection, by, "secrecy.admit", person or str(role), place=no, **told)
        return no

    def end(self, no: int, reason: str, by: str, at: datetime) -> Reader:
        """End a place on an access list; raises UserError when it stands no more."""
        found = next((one for one in self.readers() if one.no == no), None)
        if found is None or found.ended is not None:
            raise UserError(
                say(
                    "No place {no} stands on an access list; see “paperproof secrecy readers”.",
                    no=no,
                )
            )
        try:
            with self._engine.begin() as connection:
                values = {"reader_no": no, "reason": reason, "by": by, "at": at}
                connection.execute(insert(secrecy_reader_end).values(values))
                named = found.person or str(found.role)
                append(
                    *(connection, by, "secrecy.end", named),
                    place=no,
                    level=found.level,
                    reason=reason,
                )
        except IntegrityError as error:
            raise UserError(say("Somebody else was quicker; look at it again.")) from error
        return found


def _asked(connection: Connection, no: int) -> LevelAct:
    found = _acts(connection, select(secrecy_act).where(secrecy_act.c.no == no))
    waits = waiting(_acts(connection, _of(found[0].item))) if found else None
    if waits is None or waits.no != no:
        raise UserError(say("No lowering {no} waits; see “paperproof secrecy list”.", no=no))
    return waits


def _enter(
    connection: Connection,
    item: Item,
    kind: LevelActKind,
    level: str,
    reason: str,
    by: str,
    at: datetime,
) -> LevelAct:
    no = (connection.execute(select(func.max(secrecy_act.c.no))).scalar() or 0) + 1
    connection.execute(
        insert(secrecy_act).values(
            no=no,
            item_kind=str(item.kind),
            item_key=item.key,
            branch=item.branch,
            kind=str(kind),
            level=level,
            reason=reason,
            person=by,
            at=at,
        )
    )
    # no customer's number in the log, which can never forget it
    subject = item.key if item.kind is not ItemKind.ARCHIVE else f"customer {digest_of(item.key)}"
    told: dict[str, Any] = {"branch": item.branch, "level": level, "reason": reason}
    append(connection, by, f"secrecy.{kind}", subject, number=no, **told)
    return LevelAct(no, item, kind, level, reason, by, at)


def _of(item: Item) -> Select[Any]:
    return select(secrecy_act).where(
        secrecy_act.c.item_kind == str(item.kind), secrecy_act.c.item_key == item.key
    )


def _acts(connection: Connection, query: Select[Any]) -> tuple[LevelAct, ...]:
    return tuple(
        LevelAct(
            row.no,
            Item(ItemKind(row.item_kind), row.item_key, row.branch),
            LevelActKind(row.kind),
            *(row.level, row.reason, row.person, row.at),
        )
        for row in connection.execute(query.order_by(secrecy_act.c.no))
    )


def _reader(row: Row[Any]) -> Reader:
    return Reader(
        *(row.no, row.level, Role(row.role) if row.role else None, row.person),
        *(row.since, row.until, row.reason, row.by, row.at),
        Ended(row.end_reason, row.end_by, row.end_at) if row.end_at else None,
    )
