"""Checks of a branch's papers: what was expected, what was counted, the signed result."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, func, insert, select

from catalog.log import append
from catalog.rectifications import enter_tasks
from catalog.tables import custody_check, custody_count, custody_result
from pipeline.audit.entry import digest_of
from pipeline.content import Content
from pipeline.custody import Check, CheckKind, CheckResult, Expected
from pipeline.errors import UserError
from pipeline.language import say

_EXPECTED = Content(tuple[Expected, ...])
_RESULT = Content(CheckResult)


class Custody:
    """Keeps checks; one that is signed does not change any more."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def all(self, branch: str | None = None) -> Sequence[Check]:
        """Give the checks of a branch (None: of all), in order."""
        with self._engine.connect() as connection:
            found = _read(connection)
        return [one for one in found if branch in (None, one.branch)]

    def one(self, no: int) -> Check:
        """Give one check; raises UserError when there is none of this number."""
        with self._engine.connect() as connection:
            return _one(connection, no)

    def start(
        self,
        branch: str,
        kind: CheckKind,
        expected: Callable[[int], tuple[Expected, ...]],
        by: str,
    ) -> Check:
        """Enter a check with its expected list, which ``expected`` gives for its number.

        Raises UserError while another check of the branch is not finished, or when one began just now.
        """
        no = len(self.all()) + 1
        papers = expected(no)  # reads the catalog itself, so before the transaction
        with self._engine.begin() as connection:
            known = _read(connection)
            waiting = [one.no for one in known if one.branch == branch and one.result is None]
            if waiting or len(known) >= no:
                raise UserError(
                    say(
                        "Check {no} of branch {branch} goes on; finish it first.",
                        no=known[-1].no if not waiting else waiting[0],
                        branch=branch,
                    )
                )
            values = {"no": no, "branch": branch, "kind": str(kind)}
            told = _EXPECTED.dump(papers)
            connection.execute(
                insert(custody_check).values(
                    **values, expected=told, person=by, at=datetime.now(UTC)
                )
            )
            append(connection, by, "custody.start", str(no), branch=branch, papers=len(papers))
        return self.one(no)

    def count(self, no: int, found: Mapping[str, int], by: str) -> Check:
        """Enter pages counted by entry; a later count of an entry holds."""
        with self._engine.begin() as connection:
            _must_go_on(_one(connection, no))
            last = connection.execute(select(func.max(custody_count.c.id))).scalar() or 0
            at = datetime.now(UTC)
            rows = [
                {
                    "id": last + place,
                    "check_no": no,
                    "entry": entry,
                    "pages": pages,
                    "person": by,
                    "at": at,
                }
                for place, (entry, pages) in enumerate(found.items(), 1)
            ]
            connection.execute(insert(custody_count), rows)
            append(
                connection,
                by,
                "custody.count",
                str(no),
                papers=len(rows),
                pages=sum(found.values()),
            )
        return self.one(no)

    def finish(
        self,
        no: int,
        judge: Callable[[Check], CheckResult],
        owner: str,
        due: datetime,
        by: str,
    ) -> Check:
        """Sign a check's result, and make a rectification task of each difference, in one transaction."""
        with self._engine.begin() as connection:
            check = _one(connection, no)
            _must_go_on(check)
            result = judge(check)
            told = _RESULT.dump(result)
            digest = digest_of(
                {
                    "check": no,
                    "expected": _EXPECTED.dump(check.expected),
                    "found": dict(check.found),
                    "result": told,
                }
            )
            values = {"passed": result.passed, "result": told, "digest": digest}
            connection.execute(
                insert(custody_result).values(
                    check_no=no, **values, person=by, at=datetime.now(UTC)
                )
            )
            enter_tasks(connection, check, result.differences, owner, due)
            append(
                connection,
                by,
                "custody.sign",
                str(no),
                after=digest,
                passed=result.passed,
                differences=len(result.differences),
            )
        return self.one(no)


def _must_go_on(check: Check) -> None:
    if check.result is not None:
        raise UserError(
            say(
                "Check {no} is signed by {person}; start another.",
                no=check.no,
                person=check.signed_by,
            )
        )


def _one(connection: Connection, no: int) -> Check:
    found = [one for one in _read(connection) if one.no == no]
    if not found:
        raise UserError(say("There is no check {no}; see “paperproof archive check list”.", no=no))
    return found[0]


def _read(connection: Connection) -> list[Check]:
    counts: dict[int, dict[str, int]] = {}
    for row in connection.execute(select(custody_count).order_by(custody_count.c.id)):
        counts.setdefault(row.check_no, {})[row.entry] = row.pages
    results = {row.check_no: row for row in connection.execute(select(custody_result))}
    return [
        _check(row, counts.get(row.no, {}), results.get(row.no))
        for row in connection.execute(select(custody_check).order_by(custody_check.c.no))
    ]


def _check(row: Row[Any], found: Mapping[str, int], result: Row[Any] | None) -> Check:
    expected = _EXPECTED.load(row.expected)
    check = Check(row.no, row.branch, CheckKind(row.kind), row.person, row.at, expected, found)
    if result is None:
        return check
    return replace(
        check,
        result=_RESULT.load(result.result),
        signed_by=result.person,
        signed_at=result.at,
        digest=result.digest,
    )
