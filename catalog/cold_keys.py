"""Who holds the private keys that open encrypted cold volumes; acts are added, the last one counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, insert, select

from catalog.log import append
from catalog.tables import cold_key_act


@dataclass(frozen=True)
class ColdKey:
    """The custody of one key."""

    recipient: str
    """The public key, age1…; the private one is never written down here."""
    holder: str
    second_copy: str
    """Where the second copy of the private key lies."""
    who: str
    at: datetime


class ColdKeys:
    """Keeps who holds which key."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def all(self) -> tuple[ColdKey, ...]:
        """Give the custody of each key as it was told last, by the order in which keys were entered."""
        with self._engine.connect() as connection:
            return tuple(_last(connection).values())

    def add(self, recipient: str, holder: str, second_copy: str, by: str) -> bool:
        """Enter who holds a key; False when it stands so already."""
        with self._engine.begin() as connection:
            known = _last(connection).get(recipient)
            if known and (known.holder, known.second_copy) == (holder, second_copy):
                return False
            one = ColdKey(recipient, holder, second_copy, by, datetime.now(UTC))
            connection.execute(insert(cold_key_act).values(vars(one)))
            append(connection, by, "cold_key.add", recipient)
        return True


def _last(connection: Connection) -> dict[str, ColdKey]:
    columns = [c for c in cold_key_act.columns if c.name != "id"]
    rows = connection.execute(select(*columns).order_by(cold_key_act.c.id))
    return {row.recipient: ColdKey(*row) for row in rows}
