"""Machines' tokens for the API: of one account, for some acts, until a day; here lie their hashes alone."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, Row, insert, select, update

from catalog.log import append
from catalog.tables import machine_token
from pipeline.access.acts import Act
from pipeline.errors import UserError
from pipeline.language import say

_ID_SIGNS = 16
_TOKEN_BYTES = 32
"""256 bits."""


@dataclass(frozen=True)
class MachineToken:
    """A machine's way in."""

    id: str
    """What log and lists call it; the token cannot be told from it."""
    machine: str
    person_key: str
    acts: frozenset[Act]
    """Nothing else is open to it, whatever the account's roles are."""
    until: datetime
    made_by: str
    made_at: datetime
    ended_at: datetime | None

    def is_live(self, at: datetime) -> bool:
        """Whether it opens anything at a moment."""
        return self.ended_at is None and at < self.until


class MachineTokens:
    """Makes, finds and ends them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def make(
        self, machine: str, key: str, acts: frozenset[Act], until: datetime, by: str, at: datetime
    ) -> str:
        """Make one; returns the token, which is kept nowhere."""
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        digest = _digest(token)
        named = sorted(str(act) for act in acts)
        with self._engine.begin() as connection:
            connection.execute(
                insert(machine_token).values(
                    sha256=digest,
                    machine=machine,
                    person_key=key,
                    acts=named,
                    until=until,
                    made_by=by,
                    made_at=at,
                )
            )
            append(
                connection,
                by,
                "account.token",
                key,
                acts=named,
                until=until.isoformat(),
                token=digest[:_ID_SIGNS],
            )
        return token

    def live(self, token: str, at: datetime) -> MachineToken | None:
        """Give what a token is; None when there is none, it was ended or has run out."""
        with self._engine.connect() as connection:
            row = connection.execute(
                select(machine_token).where(machine_token.c.sha256 == _digest(token))
            ).first()
        found = _told(row) if row else None
        return found if found is not None and found.is_live(at) else None

    def all(self) -> tuple[MachineToken, ...]:
        """Give every one, ended ones too, the newest first."""
        query = select(machine_token).order_by(machine_token.c.made_at.desc())
        with self._engine.connect() as connection:
            return tuple(map(_told, connection.execute(query)))

    def end(self, id: str, by: str, reason: str, at: datetime) -> None:
        """End one; raises UserError when there is none of the id that stands."""
        with self._engine.begin() as connection:
            ended = connection.execute(
                update(machine_token)
                .where(
                    machine_token.c.sha256.startswith(id, autoescape=True),
                    machine_token.c.ended_at.is_(None),
                )
                .values(ended_at=at)
            )
            if len(id) != _ID_SIGNS or ended.rowcount != 1:
                raise UserError(
                    say("There is no token {id}; see “paperproof account token list”.", id=id)
                )
            append(connection, by, "account.token_end", id, reason=reason)


def _told(row: Row) -> MachineToken:  # type: ignore[type-arg]
    acts = frozenset(Act(one) for one in row.acts)
    return MachineToken(
        row.sha256[:_ID_SIGNS],
        row.machine,
        row.person_key,
        acts,
        row.until,
        row.made_by,
        row.made_at,
        row.ended_at,
    )


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
