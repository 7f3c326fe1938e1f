"""Access requests and their decisions: acts are added, never changed; each stands in the log."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, func, insert, select

from catalog.log import append
from catalog.moment import once_a_moment
from catalog.tables import access_request, access_request_act
from pipeline.access.acts import Act
from pipeline.access.requests import AccessRequest, Asked, RequestAct, RequestActKind
from pipeline.errors import UserError
from pipeline.language import say
from pipeline.staff import person_key


class AccessRequests:
    """Keeps who asked for what, and what was decided."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def listed(
        self,
        places: Collection[str] | None,
        name: str,
        *,
        holding_on: date | None = None,
        before: int | None = None,
        limit: int | None = None,
    ) -> tuple[AccessRequest, ...]:
        """Give requests, the newest first: those of ``places`` (None: of all), and the person's own.

        ``holding_on``: those alone whose last day is then or later; ``before``: older than that number.
        """
        asked = select(access_request).limit(limit)
        if places is not None:
            mine = access_request.c.applicant_key == person_key(name)
            asked = asked.where(mine | access_request.c.branch.in_(sorted(places)))
        if holding_on is not None:
            asked = asked.where(access_request.c.until >= holding_on)
        if before is not None:
            asked = asked.where(access_request.c.no < before)
        with self._engine.connect() as connection:
            return _read(connection, asked)

    @once_a_moment
    def of(self, name: str) -> tuple[AccessRequest, ...]:
        """Give a person's requests, the newest first."""
        with self._engine.connect() as connection:
            mine = access_request.c.applicant_key == person_key(name)
            return _read(connection, select(access_request).where(mine))

    def one(self, no: int) -> AccessRequest:
        """Give a request; raises UserError when there is none of the number."""
        with self._engine.connect() as connection:
            return _one(connection, no)

    def apply(self, applicant: str, asked: Asked, at: datetime) -> int:
        """Enter a request; returns its number."""
        with self._engine.begin() as connection:
            no = (connection.execute(select(func.max(access_request.c.no))).scalar() or 0) + 1
            connection.execute(
                insert(access_request).values(
                    no=no,
                    applicant=applicant,
                    applicant_key=person_key(applicant),
                    branch=asked.branch,
                    customer=asked.customer,
                    pages=list(asked.pages),
                    acts=[str(act) for act in asked.acts],
                    purpose=asked.purpose,
                    since=asked.since,
                    until=asked.until,
                    at=at,
                )
            )
            append(
                connection,
                applicant,
                "access.request",
                str(no),
                branch=asked.branch,
                acts=[str(act) for act in asked.acts],
                pages=list(asked.pages),
                purpose=asked.purpose,
                until=asked.until.isoformat(),
            )
        return no

    def decide(self, no: int, act: RequestAct) -> None:
        """Enter a decision; raises UserError when the request is not open to it, NotAllowed for one's own."""
        with self._engine.begin() as connection:
            _one(connection, no).must_be_open_to(act.kind, act.person, act.at)
            last = connection.execute(select(func.max(access_request_act.c.id))).scalar() or 0
            connection.execute(
                insert(access_request_act).values(
                    id=last + 1,
                    request_no=no,
                    kind=str(act.kind),
                    person=act.person,
                    person_key=person_key(act.person),
                    reason=act.reason,
                    at=act.at,
                )
            )
            append(connection, act.person, f"access.{act.kind}", str(no), reason=act.reason)


def _one(connection: Connection, no: int) -> AccessRequest:
    found = _read(connection, select(access_request).where(access_request.c.no == no))
    if not found:
        raise UserError(
            say("There is no access request {no}; see “paperproof access list”.", no=no)
        )
    return found[0]


def _read(connection: Connection, asked: Select[Any]) -> tuple[AccessRequest, ...]:
    rows = connection.execute(asked.order_by(access_request.c.no.desc())).all()
    acts: dict[int, list[RequestAct]] = {row.no: [] for row in rows}
    if not rows:
        return ()
    of_these = access_request_act.c.request_no.between(rows[-1].no, rows[0].no)
    decided = select(access_request_act).where(of_these).order_by(access_request_act.c.id)
    for row in connection.execute(decided):
        if row.request_no in acts:
            acts[row.request_no].append(
                RequestAct(RequestActKind(row.kind), row.person, row.at, row.reason)
            )
    return tuple(_request(row, tuple(acts[row.no])) for row in rows)


def _request(row: Row[Any], acts: tuple[RequestAct, ...]) -> AccessRequest:
    asked = Asked(
        row.branch,
        row.customer,
        tuple(row.pages),
        tuple(Act(act) for act in row.acts),
        row.purpose,
        row.since,
        row.until,
    )
    return AccessRequest(row.no, row.applicant, asked, row.at, acts)
