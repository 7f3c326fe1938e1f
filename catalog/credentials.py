"""What accounts are proved with: hashes of passwords, encrypted seeds, failures; never written into bundles.

Each function works inside the caller's transaction, so that an act and its log entry stand or fall together.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Row, bindparam, delete, func, insert, select, update

from catalog.log import append
from catalog.tables import credential, passkey
from pipeline.access.rules import AccessRules
from pipeline.errors import UserError
from pipeline.language import say


@dataclass(frozen=True)
class Credential:
    """What one person logs in with."""

    person_key: str
    password: str
    """The hash (``pipeline.access.passwords.Hasher``)."""
    must_change: bool
    changed_at: datetime
    locked_until: datetime | None
    seed: str | None
    """The encrypted seed of the second factor; None: there is none."""
    seed_offered: str | None
    """One that waits for its first code."""
    passkeys: int
    """How many devices the person registered."""

    @property
    def has_second_factor(self) -> bool:
        """Whether a code or a device is asked for at each log-in."""
        return self.seed is not None or self.passkeys > 0

    def locked_at(self, at: datetime) -> bool:
        """Whether too many failures lock it at a moment."""
        return self.locked_until is not None and at < self.locked_until

    def too_old_at(self, at: datetime, rules: AccessRules) -> bool:
        """Whether the password has to be changed by its age, or because it was given to the person."""
        days = rules.password_days
        return self.must_change or bool(days and at >= self.changed_at + timedelta(days=days))


class Credentials:
    """Reads credentials and enters what log-ins do to them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def of(self, key: str) -> Credential | None:
        """Give a person's credential."""
        with self._engine.connect() as connection:
            return credential_of(connection, key)

    def all(self) -> dict[str, Credential]:
        """Give every credential, by person key."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(credential, DEVICES))
            return {row.person_key: credential_in(row) for row in rows}

    def failed(self, key: str, person: str, at: datetime, rules: AccessRules, what: str) -> bool:
        """Count a failure of the password or the second factor (``what``); True when it locks the account."""
        window = timedelta(minutes=rules.lock_minutes)
        with self._engine.begin() as connection:
            found = select(credential).where(credential.c.person_key == key)
            row = connection.execute(found).one()
            together = row.failing_since is not None and at < row.failing_since + window
            count = row.failures + 1 if together else 1
            locks = count >= rules.failures
            _change(
                connection,
                key,
                failures=0 if locks else count,
                failing_since=row.failing_since if together and not locks else at,
                locked_until=at + window if locks else row.locked_until,
            )
            append(connection, person, "session.log_in", key, ok=False, reason=what)
            if locks:
                append(connection, person, "account.lock", key, reason="failures")
        return locks

    def stranger(self, digest: str) -> None:
        """Log that somebody without an open account tried; ``digest``: of the name that was given."""
        with self._engine.begin() as connection:
            append(connection, "?", "session.log_in", digest, ok=False, reason="no account")

    def rehashed(self, key: str, password: str) -> None:
        """Keep the same password's hash with today's parameters."""
        with self._engine.begin() as connection:
            _change(connection, key, password=password)

    def chosen(self, key: str, person: str, password: str, at: datetime, session: str) -> None:
        """Keep the password that a person chose."""
        with self._engine.begin() as connection:
            _change(connection, key, password=password, must_change=False, changed_at=at)
            append(connection, person, "account.password", key, session=session)

    def offer_seed(self, key: str, sealed: str) -> None:
        """Keep a seed that counts once a code of it was shown."""
        with self._engine.begin() as connection:
            _change(connection, key, seed_offered=sealed)

    def take_seed(self, key: str, person: str, step: int, session: str) -> None:
        """Let the offered seed count from now on."""
        with self._engine.begin() as connection:
            _change(
                connection, key, seed=credential.c.seed_offered, seed_offered=None, last_step=step
            )
            append(connection, person, "account.second_factor", key, session=session)

    def end_seed(self, key: str, person: str, session: str) -> None:
        """Let codes count no more; raises UserError when the person has none."""
        with self._engine.begin() as connection:
            known = credential_of(connection, key)
            if known is None or known.seed is None:
                raise UserError(say("There are no codes to remove; you have not set them up."))
            _change(connection, key, seed=None, seed_offered=None)
            append(connection, person, "account.second_factor_end", key, session=session)

    def use_step(self, key: str, step: int) -> bool:
        """Use up a one-time code; False when it, or a later one, was used before."""
        with self._engine.begin() as connection:
            used = connection.execute(
                update(credential)
                .where(credential.c.person_key == key, credential.c.last_step < step)
                .values(last_step=step)
            )
        return used.rowcount == 1


DEVICES = (
    select(func.count())
    .select_from(passkey)
    .where(passkey.c.person_key == credential.c.person_key, passkey.c.ended_at.is_(None))
    .scalar_subquery()
    .label("devices")
)
"""How many registered devices a credential's person has."""
_CREDENTIAL = select(credential, DEVICES).where(credential.c.person_key == bindparam("key"))


def credential_of(connection: Connection, key: str) -> Credential | None:
    """Give a person's credential inside a transaction."""
    row = connection.execute(_CREDENTIAL, {"key": key}).first()
    return credential_in(row) if row is not None else None


def credential_in(row: Row[Any]) -> Credential:
    """Give the credential that a row tells of, ``DEVICES`` among it."""
    return Credential(
        row.person_key,
        row.password,
        row.must_change,
        row.changed_at,
        row.locked_until,
        row.seed,
        row.seed_offered,
        row.devices,
    )


def give_password(connection: Connection, key: str, password: str, at: datetime) -> None:
    """Keep a one-time password that the person must change; a second factor stays."""
    given = {
        "password": password,
        "must_change": True,
        "changed_at": at,
        "failures": 0,
        "failing_since": None,
        "locked_until": None,
    }
    if credential_of(connection, key) is None:
        connection.execute(insert(credential).values(person_key=key, last_step=0, **given))
    else:
        _change(connection, key, **given)


def forgive(connection: Connection, key: str) -> None:
    """Forget failures and the lock they made."""
    _change(connection, key, failures=0, failing_since=None, locked_until=None)


def take_factor_away(connection: Connection, key: str, at: datetime) -> None:
    """Forget the second factor: seed and devices."""
    _change(connection, key, seed=None, seed_offered=None)
    end_passkeys(connection, key, at)


def end_passkeys(connection: Connection, key: str, at: datetime, id: str | None = None) -> int:
    """Let a person's devices, or the one of an id, count no more; returns how many."""
    which = [passkey.c.person_key == key, passkey.c.ended_at.is_(None)]
    if id is not None:
        which.append(passkey.c.id == id)
    return connection.execute(update(passkey).where(*which).values(ended_at=at)).rowcount


def remove(connection: Connection, key: str, at: datetime) -> None:
    """Forget everything that an ended account was proved with."""
    end_passkeys(connection, key, at)
    connection.execute(delete(credential).where(credential.c.person_key == key))


def _change(connection: Connection, key: str, **values: object) -> None:
    connection.execute(update(credential).where(credential.c.person_key == key).values(values))
