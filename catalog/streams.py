"""The transactions of each business day, as the business system delivered them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Row, bindparam, delete, func, select

from catalog.bulk import insert_many
from catalog.log import append
from catalog.tables import booked, stream_change, stream_file
from catalog.within import BRANCH, DAY
from pipeline.content import Content
from pipeline.model import Transaction
from pipeline.strays import Elsewhere

_TRANSACTION = Content(Transaction)
_AS_TEXT = ("occur_at", "review_at", "quantity")
_NEAR = timedelta(days=10)
"""How far away a neighbouring day may lie: over the longest holidays."""
Key = tuple[str, str]
"""(handling branch, serial number): unique within a business day."""


@dataclass(frozen=True)
class DeliveredStream:
    """A stream file that was read whole and may be booked."""

    day: date
    name: str
    sha256: str
    encoding: str
    transactions: Sequence[Transaction]
    rejected: int
    totals: Mapping[str, Mapping[str, str]]
    """Branch -> the trailer's count and amount sum, as delivered."""


_FIELDS = tuple(Transaction.__dataclass_fields__)
_BOOKED = select(*(booked.c[name] for name in _FIELDS))
_OF_ALL = _BOOKED.where(booked.c.business_date == DAY).order_by(
    booked.c.handling_branch, booked.c.serial_no
)
_OF_BRANCH = _OF_ALL.where(booked.c.handling_branch == BRANCH)
_ONE = _BOOKED.where(
    booked.c.business_date == DAY,
    booked.c.handling_branch == BRANCH,
    booked.c.serial_no == bindparam("serial"),
)
_ELSEWHERE = _BOOKED.where(
    booked.c.business_date.between(bindparam("first"), bindparam("last")),
    ~((booked.c.business_date == DAY) & (booked.c.handling_branch == BRANCH)),
    booked.c.serial_no.in_(bindparam("serials", expanding=True)),
)


class Streams:
    """Books stream files; idempotent by business date, handling branch and serial number."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def of_day(self, day: date, branch: str | None = None) -> tuple[Transaction, ...]:
        """Give the day's transactions, of one handling branch or of all, by branch and serial number."""
        query = _OF_ALL if branch is None else _OF_BRANCH
        of = {"day": day} if branch is None else {"day": day, "branch": branch}
        with self._engine.connect() as connection:
            return tuple(map(_transaction, connection.execute(query, of)))

    def one(self, day: date, branch: str, serial_no: str) -> Transaction | None:
        """Give a transaction; None when the stream has none of that number."""
        of = {"day": day, "branch": branch, "serial": serial_no}
        with self._engine.connect() as connection:
            row = connection.execute(_ONE, of).first()
        return _transaction(row) if row is not None else None

    def latest(self, branch: str | None, other_than: date, count: int) -> tuple[Transaction, ...]:
        """Give the last ``count`` transactions with an amount of other days; None: of every branch."""
        query = (
            _BOOKED.where(booked.c.business_date != other_than, booked.c.amount.is_not(None))
            .order_by(booked.c.business_date.desc(), booked.c.serial_no.desc())
            .limit(count)
        )
        if branch is not None:
            query = query.where(booked.c.handling_branch == branch)
        with self._engine.connect() as connection:
            return tuple(_transaction(row) for row in connection.execute(query))

    def of_customers(self, numbers: Collection[str]) -> tuple[Transaction, ...]:
        """Give all transactions of customers, by customer number, day and serial number (CG-17.1a)."""
        found: list[Transaction] = []
        with self._engine.connect() as connection:
            for some in _by_hundreds(sorted(set(numbers))):
                query = _BOOKED.where(booked.c.customer_no.in_(some))
                found += map(_transaction, connection.execute(query))
        return tuple(
            sorted(found, key=lambda one: (one.customer_no, one.business_date, one.serial_no))
        )

    def branches_of_day(self, day: date) -> tuple[str, ...]:
        """Give the branches for which a stream was delivered that day, those without a row too."""
        with self._engine.connect() as connection:
            totals = connection.execute(_TOTALS, {"day": day}).scalars()
            return tuple(sorted({branch for file_totals in totals for branch in file_totals}))

    def elsewhere(self, day: date, branch: str, serials: Iterable[str]) -> Elsewhere:
        """Give what is known of serial numbers beyond a day's stream: neighbours, rows that came or went."""
        of = {"day": day, "branch": branch}
        near = {"first": day - _NEAR, "last": day + _NEAR}
        found: dict[str, list[Transaction]] = {}
        withdrawn: dict[str, str] = {}
        added: dict[str, str] = {}
        with self._engine.connect() as connection:
            for some in _by_hundreds(sorted(set(serials))):
                for row in connection.execute(_ELSEWHERE, {**of, **near, "serials": some}):
                    found.setdefault(row.serial_no, []).append(_transaction(row))
            for change in connection.execute(_CHANGES, of):
                for rows_of, gone in ((added, change.before), (withdrawn, change.after)):
                    rows_of.pop(change.serial_no, None)
                    if gone is None:
                        rows_of[change.serial_no] = change.name
        return Elsewhere(found, withdrawn, added)

    def book(self, stream: DeliveredStream, who: str) -> None:
        """Make the day's transactions of the file's branches those of the file, changes kept on record."""
        with self._engine.begin() as connection:
            file_id = _enter_file(connection, stream)
            of_branches = (booked.c.business_date == stream.day) & booked.c.handling_branch.in_(
                list(stream.totals)
            )
            before = {
                (row.handling_branch, row.serial_no): _transaction(row)
                for row in connection.execute(_BOOKED.where(of_branches))
            }
            after = {(t.handling_branch, t.serial_no): t for t in stream.transactions}
            earlier = _branches_before(connection, file_id, stream.day)
            _record_changes(connection, file_id, stream.day, before, after, earlier)
            connection.execute(delete(booked).where(of_branches))
            insert_many(connection, booked, [_row(file_id, t) for t in stream.transactions])
            append(
                connection,
                who,
                "stream.book",
                stream.sha256,
                day=stream.day.isoformat(),
                accepted=len(after),
                rejected=stream.rejected,
                replaced=len(before),
            )


_TOTALS = select(stream_file.c.totals).where(stream_file.c.business_date == DAY)
_CHANGES = (
    select(stream_change, stream_file.c.name)
    .join(stream_file, stream_change.c.stream_file_id == stream_file.c.id)
    .where(stream_change.c.business_date == DAY, stream_change.c.handling_branch == BRANCH)
    .order_by(stream_change.c.id)
)


def _enter_file(connection: Connection, stream: DeliveredStream) -> int:
    number = (connection.execute(select(func.max(stream_file.c.id))).scalar() or 0) + 1
    connection.execute(
        stream_file.insert().values(
            id=number,
            business_date=stream.day,
            name=stream.name,
            sha256=stream.sha256,
            encoding=stream.encoding,
            accepted=len(stream.transactions),
            rejected=stream.rejected,
            imported_at=datetime.now(UTC),
            totals={branch: dict(total) for branch, total in stream.totals.items()},
        )
    )
    return number


def _branches_before(connection: Connection, file_id: int, day: date) -> frozenset[str]:
    """Give the branches of which another stream file of the day was delivered before."""
    totals = connection.execute(
        select(stream_file.c.totals).where(
            stream_file.c.business_date == day, stream_file.c.id != file_id
        )
    ).scalars()
    return frozenset(branch for file_totals in totals for branch in file_totals)


def _by_hundreds(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    return (texts[start : start + 500] for start in range(0, len(texts), 500))


def _record_changes(
    connection: Connection,
    file_id: int,
    day: date,
    before: Mapping[Key, Transaction],
    after: Mapping[Key, Transaction],
    earlier: frozenset[str],
) -> None:
    """Keep what a file changes of the branches of which an earlier file is booked, new rows too."""
    changed = [key for key in before if before[key] != after.get(key)]
    changed += [key for key in after if key not in before and key[0] in earlier]
    for branch, serial_no in changed:
        key = (branch, serial_no)
        connection.execute(
            stream_change.insert().values(
                stream_file_id=file_id,
                business_date=day,
                handling_branch=branch,
                serial_no=serial_no,
                before=_TRANSACTION.dump(before[key]) if key in before else None,
                after=_TRANSACTION.dump(after[key]) if key in after else None,
            )
        )


def _row(file_id: int, transaction: Transaction) -> dict[str, Any]:
    row = {name: getattr(transaction, name) for name in _FIELDS}
    as_json = _TRANSACTION.dump(transaction)
    return {**row, **{name: as_json[name] for name in _AS_TEXT}, "stream_file_id": file_id}


def _transaction(row: Row[Any]) -> Transaction:
    return _TRANSACTION.load(dict(zip(_FIELDS, row, strict=True)))
