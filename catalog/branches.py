"""The branches there are: acts are added, none is taken away (CG-02)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy import Connection, Engine, func, insert, select

from catalog.log import append
from catalog.tables import batch, branch_act, stream_file, succession
from pipeline.errors import UserError
from pipeline.language import Message, say
from pipeline.succession import Succession, Successions

_ADD, _END = "add", "end"


@dataclass(frozen=True)
class Branch:
    """A branch (营业部)."""

    code: str
    name: str
    since: datetime


class Branches:
    """Knows the branches; while none is registered, every code is taken for one."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def all(self) -> tuple[Branch, ...]:
        """Give the branches that stand, by code."""
        with self._engine.connect() as connection:
            return _standing(connection)

    def names(self) -> dict[str, str]:
        """Give code -> name, also of branches that ended: their days are still looked at."""
        rows = select(branch_act.c.code, branch_act.c.name).order_by(branch_act.c.id)
        with self._engine.connect() as connection:
            return {row.code: row.name for row in connection.execute(rows)}

    def successions(self) -> Successions:
        """Give the branches that were merged into others."""
        with self._engine.connect() as connection:
            return successions(connection)

    def require(self, *codes: str, day: date | None = None) -> None:
        """Raise UserError when branches were ever registered and one of these is none that stands.

        ``day``: the business day that something is taken in for; a branch that was merged has those before
        the merger (CG-21c).
        """
        with self._engine.connect() as connection:
            known = {one.code for one in _standing(connection)}
            ever = connection.execute(select(branch_act.c.id)).first() is not None
            merged = successions(connection)
        unknown = sorted(set(codes) - known)
        for code in unknown:
            found = merged.of(code)
            if found is not None and (day is None or day >= found.first_day):
                raise UserError(_merged(found))
        unknown = [code for code in unknown if merged.of(code) is None]
        if ever and unknown:
            raise UserError(
                say(
                    "Branch {codes} is not registered, so nothing is taken in for it; check the number, or "
                    "have headquarters register it with “paperproof branch add”.",
                    codes=", ".join(unknown),
                )
            )

    def in_hand(self) -> frozenset[str]:
        """Give the branches of which streams or pages are in, registered or not."""
        with self._engine.connect() as connection:
            return frozenset(in_hand(connection))

    def must_be_known(self, code: str) -> None:
        """Raise UserError for a branch that was never registered and of which nothing is in."""
        with self._engine.connect() as connection:
            registered = set(connection.execute(select(branch_act.c.code)).scalars())
            known = registered | in_hand(connection)
        if code not in known:
            raise UserError(
                say(
                    "Branch {branch} is unknown: it is not registered, and neither stream nor page of it is "
                    "in; look at the number.",
                    branch=code,
                )
            )

    def add(self, code: str, name: str, by: str) -> bool:
        """Register a branch, or give it another name; False when it stands so already."""
        with self._engine.begin() as connection:
            found = successions(connection).of(code)
            if found is not None:
                raise UserError(
                    say(
                        "Branch {branch} was merged into branch {taker}; its number is not given again, take "
                        "another.",
                        branch=code,
                        taker=found.taker,
                    )
                )
            if any((one.code, one.name) == (code, name) for one in _standing(connection)):
                return False
            _enter(connection, _ADD, code, name, by)
        return True

    def end(self, code: str, by: str) -> None:
        """End a branch; raises UserError when it does not stand."""
        with self._engine.begin() as connection:
            end(connection, code, by)


def end(connection: Connection, code: str, by: str) -> None:
    """End a branch in the caller's transaction; raises UserError when it does not stand."""
    found = next((one for one in _standing(connection) if one.code == code), None)
    if found is None:
        raise UserError(
            say("Branch {code} is not registered; see “paperproof branch list”.", code=code)
        )
    _enter(connection, _END, code, found.name, by)


_SUCCESSIONS = select(succession).order_by(succession.c.at, succession.c.giver)


def successions(connection: Connection) -> Successions:
    """Give the mergers in their order."""
    rows = connection.execute(_SUCCESSIONS)
    return Successions(
        tuple(
            Succession(row.giver, row.taker, row.first_day, row.transfer_no, row.person, row.at)
            for row in rows
        )
    )


def _merged(one: Succession) -> Message:
    return say(
        "Branch {branch} was merged into branch {taker} on {day}: what is of that day or later belongs to "
        "branch {taker}.",
        branch=one.giver,
        taker=one.taker,
        day=one.first_day,
    )


def in_hand(connection: Connection) -> set[str]:
    """Give the branches of which streams or pages are in."""
    totals = connection.execute(select(stream_file.c.totals)).scalars()
    scanned = connection.execute(select(batch.c.branch).distinct()).scalars()
    return {*scanned, *(branch for told in totals for branch in told)}


def _standing(connection: Connection) -> tuple[Branch, ...]:
    found: dict[str, Branch] = {}
    for row in connection.execute(select(branch_act).order_by(branch_act.c.id)):
        if row.kind == _END:
            del found[row.code]
        else:
            since = found[row.code].since if row.code in found else row.at
            found[row.code] = Branch(row.code, row.name, since)
    return tuple(found[code] for code in sorted(found))


def _enter(connection: Connection, kind: str, code: str, name: str, by: str) -> None:
    last = connection.execute(select(func.max(branch_act.c.id))).scalar() or 0
    connection.execute(
        insert(branch_act).values(
            id=last + 1, kind=kind, code=code, name=name, person=by, at=datetime.now(UTC)
        )
    )
    append(connection, by, f"branch.{kind}", code, name=name)
