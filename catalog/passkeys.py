"""The devices that people registered as second factor: public keys, never written into bundles."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, insert, select, update

from catalog.credentials import end_passkeys
from catalog.log import append
from catalog.tables import passkey
from pipeline.access.passkeys import Passkey
from pipeline.errors import UserError
from pipeline.language import say


@dataclass(frozen=True)
class Device:
    """A registered device, as its owner knows it."""

    key: Passkey
    name: str
    made_at: datetime
    used_at: datetime | None


class Devices:
    """Keeps people's devices."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def of(self, person_key: str) -> tuple[Device, ...]:
        """Give a person's devices that count, oldest first."""
        asked = select(passkey).where(
            passkey.c.person_key == person_key, passkey.c.ended_at.is_(None)
        )
        with self._engine.connect() as connection:
            return tuple(
                Device(
                    Passkey(row.id, base64.b64decode(row.public_key), row.sign_count),
                    row.name,
                    row.made_at,
                    row.used_at,
                )
                for row in connection.execute(asked.order_by(passkey.c.made_at, passkey.c.id))
            )

    def add(
        self, person_key: str, person: str, key: Passkey, name: str, at: datetime, session: str
    ) -> None:
        """Let a device count; raises UserError when it is registered already, to whomever."""
        with self._engine.begin() as connection:
            if connection.execute(select(passkey.c.id).where(passkey.c.id == key.id)).first():
                raise UserError(say("This device is registered already; take another."))
            connection.execute(
                insert(passkey).values(
                    id=key.id,
                    person_key=person_key,
                    public_key=base64.b64encode(key.public_key).decode(),
                    sign_count=key.sign_count,
                    name=name,
                    made_at=at,
                )
            )
            append(
                connection, person, "account.passkey", person_key, session=session, device=key.id
            )

    def used(self, key: Passkey, at: datetime) -> None:
        """Enter that a device proved itself, with its new count."""
        with self._engine.begin() as connection:
            connection.execute(
                update(passkey)
                .where(passkey.c.id == key.id)
                .values(sign_count=key.sign_count, used_at=at)
            )

    def end(self, person_key: str, person: str, id: str, at: datetime, session: str) -> None:
        """Let one device count no more; raises UserError when the person has no such device."""
        with self._engine.begin() as connection:
            if not end_passkeys(connection, person_key, at, id):
                raise UserError(say("There is no such device among yours."))
            append(
                connection, person, "account.passkey_end", person_key, session=session, device=id
            )
