"""Sessions kept at the server: the browser has a random token, here lies its SHA-256 alone."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Row, func, insert, select, update

from catalog.credentials import forgive
from catalog.locking import beside
from catalog.log import append
from catalog.tables import web_session
from pipeline.access.rules import AccessRules

_TOUCH_AFTER = timedelta(minutes=1)
"""A request sooner after the last one writes nothing."""
_ID_SIGNS = 16
_TOKEN_BYTES = 32
"""256 bits."""


@dataclass(frozen=True)
class WebSession:
    """One session of a browser."""

    id: str
    """What the log calls it; the token cannot be told from it."""
    sha256: str
    person_key: str
    csrf: str
    address: str
    made_at: datetime
    seen_at: datetime
    waiting: bool
    """The password was right, the second factor is still to come."""
    second_factor_at: datetime | None
    by_company: bool
    """The company's identity provider proved the person, no password of ours."""

    def stepped_up_at(self, at: datetime, rules: AccessRules) -> bool:
        """Whether the second factor was shown lately enough for acts that ask for it."""
        shown = self.second_factor_at
        return shown is not None and at < shown + timedelta(minutes=rules.step_up_minutes)


class WebSessions:
    """Begins, finds and ends sessions."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def begin(
        self,
        key: str,
        person: str,
        address: str,
        at: datetime,
        *,
        waiting: bool,
        by_company: bool = False,
    ) -> tuple[str, WebSession]:
        """Begin a session after a right password, or the company's word; returns its token with it.

        A password clears the failures unless a second factor is awaited: else whoever knows it could guess
        codes for ever.
        """
        with self._engine.begin() as connection:
            if not waiting and not by_company:
                forgive(connection, key)
            fresh = _Fresh(key, address, at, at, waiting, None, by_company)
            token, begun = _enter(connection, fresh)
            proof = _proof(by_company)
            append(
                connection,
                person,
                "session.log_in",
                key,
                session=begun.id,
                address=address,
                **proof,
            )
        return token, begun

    def rotate(
        self, session: WebSession, person: str, at: datetime, *, second_factor: bool
    ) -> tuple[str, WebSession]:
        """End a session and begin another in its place, as old as it; returns the new token with it."""
        with self._engine.begin() as connection:
            _end(connection, at, web_session.c.sha256 == session.sha256)
            shown = at if second_factor else session.second_factor_at
            fresh = _Fresh(
                session.person_key,
                session.address,
                session.made_at,
                at,
                False,
                shown,
                session.by_company,
            )
            token, begun = _enter(connection, fresh)
            if second_factor:
                forgive(connection, session.person_key)
                append(
                    connection,
                    person,
                    "session.second_factor",
                    session.person_key,
                    session=begun.id,
                    follows=session.id,
                )
        return token, begun

    def refused(self, who: str, subject: str, reason: str, *, by_company: bool = False) -> None:
        """Log that nobody was let in."""
        with self._engine.begin() as connection:
            append(
                connection,
                who,
                "session.log_in",
                subject,
                ok=False,
                reason=reason,
                **_proof(by_company),
            )

    def of(self, key: str, at: datetime, rules: AccessRules) -> tuple[WebSession, ...]:
        """Give a person's sessions that stand, the newest first."""
        asked = select(web_session).where(
            web_session.c.person_key == key, web_session.c.ended_at.is_(None)
        )
        with self._engine.connect() as connection:
            rows = connection.execute(asked.order_by(web_session.c.made_at.desc())).all()
        return tuple(session_in(row._mapping) for row in rows if stands(row, at, rules))

    def last_seen(self) -> dict[str, datetime]:
        """Give when each person last used a session, by person key; of who never did: nothing."""
        query = select(web_session.c.person_key, func.max(web_session.c.seen_at))
        with self._engine.connect() as connection:
            found = connection.execute(query.group_by(web_session.c.person_key))
            return {key: at for key, at in found}

    def touch(self, session: WebSession, at: datetime) -> None:
        """Enter that a session was used; written at most once a minute."""
        if at >= session.seen_at + _TOUCH_AFTER:
            with beside(self._engine) as connection:  # no request waits for those who take in
                connection.execute(
                    update(web_session)
                    .where(web_session.c.sha256 == session.sha256)
                    .values(seen_at=at)
                )

    def ask(self, session: WebSession, nonce: bytes) -> None:
        """Keep what a device is asked in this session; it stands in place of what was asked before."""
        with self._engine.begin() as connection:
            _put_question(connection, session, nonce.hex())

    def take_question(self, session: WebSession) -> bytes | None:
        """Give what the session's device was asked, once; None when nothing was, or it is answered."""
        with self._engine.begin() as connection:
            asked = connection.execute(
                select(web_session.c.question).where(web_session.c.sha256 == session.sha256)
            ).scalar()
            _put_question(connection, session, None)
        return bytes.fromhex(asked) if asked else None

    def end(self, session: WebSession, person: str, at: datetime) -> None:
        """End one session: log out."""
        with self._engine.begin() as connection:
            if _end(connection, at, web_session.c.sha256 == session.sha256):
                append(
                    connection, person, "session.log_out", session.person_key, session=session.id
                )

    def end_other(self, own: WebSession, person: str, id: str, at: datetime) -> None:
        """End another session of the same person; one that is over already: nothing happens."""
        with self._engine.begin() as connection:
            ended = _end(
                connection,
                at,
                web_session.c.person_key == own.person_key,
                func.substr(web_session.c.sha256, 1, _ID_SIGNS) == id,
                web_session.c.sha256 != own.sha256,
            )
            if ended:
                append(connection, person, "session.end", own.person_key, session=own.id, ended=id)

    def end_of(self, key: str, at: datetime, but: str | None = None) -> int:
        """End every session of a person, but perhaps the one of a SHA-256; returns how many."""
        with self._engine.begin() as connection:
            return end_sessions(connection, key, at, but)


def end_sessions(connection: Connection, key: str, at: datetime, but: str | None = None) -> int:
    """End a person's sessions inside the transaction of the act that makes it necessary."""
    return _end(
        connection, at, web_session.c.person_key == key, web_session.c.sha256 != (but or "")
    )


def stands(row: Row[Any], at: datetime, rules: AccessRules) -> bool:
    """Whether a session was neither ended nor is too old nor was idle too long."""
    return (
        row.ended_at is None
        and at < row.made_at + timedelta(hours=rules.session_hours)
        and at < row.seen_at + timedelta(minutes=rules.idle_minutes)
    )


def _end(connection: Connection, at: datetime, *which: object) -> int:
    ended = connection.execute(
        update(web_session).where(web_session.c.ended_at.is_(None), *which).values(ended_at=at)  # type: ignore[arg-type]
    )
    return ended.rowcount


def _put_question(connection: Connection, session: WebSession, question: str | None) -> None:
    connection.execute(
        update(web_session).where(web_session.c.sha256 == session.sha256).values(question=question)
    )


@dataclass(frozen=True)
class _Fresh:
    """A session that is about to begin."""

    person_key: str
    address: str
    made_at: datetime
    seen_at: datetime
    waiting: bool
    second_factor_at: datetime | None
    by_company: bool


def _proof(by_company: bool) -> dict[str, Any]:
    """What the log says besides of a log-in that rests on the company's word."""
    return {"by": "company"} if by_company else {}


def _enter(connection: Connection, fresh: _Fresh) -> tuple[str, WebSession]:
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    row = {
        **asdict(fresh),
        "sha256": digest_of(token),
        "csrf": secrets.token_urlsafe(_TOKEN_BYTES),
    }
    connection.execute(insert(web_session).values(row))
    return token, session_in(row)


def session_in(row: Mapping[Any, Any]) -> WebSession:
    """Give the session that a row tells of; it may tell more."""
    return WebSession(id=row["sha256"][:_ID_SIGNS], **{name: row[name] for name in _TOLD})


_TOLD = tuple(one.name for one in fields(WebSession) if one.name != "id")


def digest_of(token: str) -> str:
    """Give what a token is found by; it cannot be told from that."""
    return hashlib.sha256(token.encode()).hexdigest()
