"""The days that were closed, with their whole result."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    Row,
    Select,
    Text,
    cast,
    delete,
    func,
    insert,
    select,
    update,
)

from catalog.changes import NO_CHANGES, Changes, changes_of
from catalog.log import append
from catalog.tables import batch, day_close, stream_file
from catalog.within import between, within
from pipeline.balance import BranchDay, Discrepancy
from pipeline.clocks import Late
from pipeline.content import Content

_BRANCH_DAY = Content(BranchDay)
_DISCREPANCIES = Content(tuple[Discrepancy, ...])
_LATE = Content(tuple[Late, ...])
_ONE_DAY = timedelta(days=1)
_LEFT = select(
    day_close.c.business_date,
    day_close.c.branch,
    day_close.c.at,
    *(
        func.coalesce(day_close.c[name], day_close.c.result[name]).label(name)
        for name in ("discrepancies", "late")
    ),
)


def as_json(result: BranchDay) -> dict[str, Any]:
    """Return a branch and day's result as JSON-ready values, every part of it."""
    dumped: dict[str, Any] = _BRANCH_DAY.dump(result)
    return dumped


@dataclass(frozen=True)
class LeftOfDay:
    """What a closing left to people."""

    day: date
    branch: str
    discrepancies: tuple[Discrepancy, ...]
    late: tuple[Late, ...]
    at: datetime
    """When the closing was."""


@dataclass(frozen=True)
class LastClosing(LeftOfDay):
    """A day's last closing, without its matches, which are nearly all of it."""

    closed: bool
    """Whether it balanced, and nothing came in or was done since."""
    changed: bool
    """Whether something came in or was done since: then it is not closed, and must be closed again."""


class Days:
    """Keeps the result of each branch and day; closing again replaces it, the log keeps both."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def seen(self, day: date, branch: str) -> int:
        """Count what a closing that looks from now on sees; to be asked before it looks at anything."""
        with self._engine.connect() as connection:
            return _changes_of_one(connection, day, branch).count

    def keep(self, result: BranchDay, decision_key: str, who: str, seen: int | None = None) -> None:
        """Enter a result; ``decision_key`` names the object that holds it outside the catalog (R4).

        ``seen``: what ``seen`` gave before the closing looked, None: as now; what came since opens the day.
        """
        with self._engine.begin() as connection:
            of_day = (day_close.c.business_date == result.day) & (
                day_close.c.branch == result.branch
            )
            now = _changes_of_one(connection, result.day, result.branch)
            saw = replace(now, count=now.count if seen is None else seen)
            whole = as_json(result)
            standing = {
                "at": datetime.now(UTC),
                "seen": saw.count,
                "discrepancies": whole["discrepancies"],
                "late": whole["late"],
            }
            last = connection.execute(
                select(day_close.c.decision_key, day_close.c.at, day_close.c.seen).where(of_day)
            ).first()
            if last is None or last.decision_key != decision_key:
                connection.execute(delete(day_close).where(of_day))
                connection.execute(
                    insert(day_close).values(
                        business_date=result.day,
                        branch=result.branch,
                        closed=result.closed,
                        counts=dict(result.counts),
                        result=whole,
                        decision_key=decision_key,
                        **standing,
                    )
                )
            else:  # the same result as before: the day stands as it was closed
                connection.execute(update(day_close).where(of_day).values(**standing))
                if not saw.are_more(last.seen, last.at):
                    return
            append(
                connection,
                who,
                "day.close" if result.closed else "day.stays_open",
                f"{result.branch}/{result.day.isoformat()}",
                decision=decision_key,
                counts=dict(result.counts),
                **({"instead_of": last.decision_key} if last else {}),
            )

    def reopened(self, of: Iterable[tuple[date, str]]) -> list[tuple[date, str]]:
        """Give those of some branches' days that were closed, and for which something came since."""
        return sorted(
            one for one in set(of) if any(result.changed for result in self.results(one[0], one[1]))
        )

    def closed_since(self, day: date) -> int:
        """Give how many branches' days from ``day`` on have a result."""
        query = select(func.count()).where(day_close.c.business_date >= day)
        with self._engine.connect() as connection:
            return connection.execute(query).scalar() or 0

    def results(self, day: date, branch: str | None = None) -> tuple[BranchDay, ...]:
        """Give the results of a day, of one branch or of all that were closed.

        A day for which something came in or was done since it was closed is ``changed``, and open again.
        """
        query = select(day_close.c.branch, day_close.c.result, day_close.c.at, day_close.c.seen)
        query = within(query, day_close, day, branch)
        with self._engine.connect() as connection:
            changes = changes_of(connection, day, branch)
            rows = connection.execute(query.order_by(day_close.c.branch)).all()
        found = []
        for row in rows:
            result = _BRANCH_DAY.load(row.result)
            changed = changes.get((day, row.branch), NO_CHANGES).are_more(row.seen, row.at)
            found.append(replace(result, closed=False, changed=True) if changed else result)
        return tuple(found)

    def left(self, day: date | None = None, branch: str | None = None) -> Iterator[LeftOfDay]:
        """Give what the closings of a day and branch (None: all) left to people, day by day."""
        return self._left(within(_LEFT, day_close, day, branch))

    def last_closing(self, day: date, branch: str) -> LastClosing | None:
        """Give a branch's day's last closing without loading its whole result; None: none ran."""
        query = within(
            _LEFT.add_columns(day_close.c.closed, day_close.c.seen), day_close, day, branch
        )
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
            if row is None:
                return None
            changed = _changes_of_one(connection, day, branch).are_more(row.seen, row.at)
        left = _left_of(row)
        return LastClosing(**vars(left), closed=row.closed and not changed, changed=changed)

    def left_between(
        self, first: date, last: date, branches: frozenset[str] | None
    ) -> Iterator[LeftOfDay]:
        """Give what the closings of a window of days left; ``branches``: whose, None: of all."""
        return self._left(between(_LEFT, day_close, first, last, branches))

    def left_before(self, day: date, branches: frozenset[str] | None) -> date | None:
        """Give the last day before ``day`` whose closing left anything; None: there is none."""
        earlier = between(
            select(day_close.c.business_date), day_close, date.min, day - _ONE_DAY, branches
        )
        left = func.coalesce(
            cast(day_close.c.discrepancies, Text), day_close.c.result["discrepancies"].as_string()
        )
        earlier = earlier.where(left != "[]")
        with self._engine.connect() as connection:
            return connection.execute(
                earlier.order_by(day_close.c.business_date.desc()).limit(1)
            ).scalar()

    def _left(self, query: Select[Any]) -> Iterator[LeftOfDay]:
        query = query.order_by(day_close.c.business_date, day_close.c.branch)
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        yield from map(_left_of, rows)

    def open(
        self,
        day: date | None = None,
        branch: str | None = None,
        *,
        last: date | None = None,
        untried: bool = False,
        changed: bool = True,
    ) -> list[tuple[date, str]]:
        """Give the days and branches that have a stream or pages and are not closed, or changed since.

        ``last``: all days from ``day`` up to it, None: that day alone, or all days where none is named.
        ``untried``: only those of which no closing was run, so that nothing is known of what they lack.
        ``changed``: without those that changed since it looks at no page, however many there are.
        """
        with self._engine.connect() as connection:
            streams = select(stream_file.c.business_date, stream_file.c.totals)
            files = connection.execute(within(streams, stream_file, day, None, last))
            known = {(day_of, of) for day_of, totals in files for of in totals}
            scanned = select(batch.c.business_date, batch.c.branch).distinct()
            known |= {
                (day_of, of)
                for day_of, of in connection.execute(within(scanned, batch, day, branch, last))
            }
            close = day_close.c
            closings = select(close.business_date, close.branch, close.at, close.seen)
            done: Select[Any] = within(closings, day_close, day, branch, last)
            done = done if untried else done.where(close.closed)
            changes = changes_of(connection, day, branch, last) if changed and not untried else {}
            known -= {
                (day_of, of)
                for day_of, of, at, seen in connection.execute(done)
                if not changes.get((day_of, of), NO_CHANGES).are_more(seen, at)
            }
        return sorted(one for one in known if branch in (None, one[1]))


def _left_of(row: Row[Any]) -> LeftOfDay:
    return LeftOfDay(
        row.business_date,
        row.branch,
        _DISCREPANCIES.load(row.discrepancies or ()),
        _LATE.load(row.late or ()),
        row.at,
    )


def _changes_of_one(connection: Connection, day: date, branch: str) -> Changes:
    return changes_of(connection, day, branch).get((day, branch), NO_CHANGES)
