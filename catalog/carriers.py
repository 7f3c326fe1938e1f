"""The register of carriers (CG-05b, RC-03): media that leave the machine with cold volumes on them.

A carrier's history is only ever added to; each act stands with its log line in one transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, insert, select

from catalog.log import append
from catalog.tables import carrier, carrier_act, volume, volume_act
from pipeline.carriers import Carrier, CarrierAct, CarrierActKind, CarrierKind
from pipeline.errors import UserError
from pipeline.language import say

_SHOWN_FAULTS = 20
"""Faults of one read test that are kept: a scratched disc has thousands."""


class Carriers:
    """Enters carriers and their acts, and says how they stand."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def all(self) -> tuple[Carrier, ...]:
        """Give all carriers as they stand, withdrawn ones too, by number."""
        with self._engine.connect() as connection:
            return _all(connection)

    def one(self, number: str) -> Carrier:
        """Give a carrier as it stands; raises UserError when it was never entered."""
        with self._engine.connect() as connection:
            return _one(connection, number)

    def acts(self, number: str) -> tuple[CarrierAct, ...]:
        """Give what was done with a carrier, in order."""
        with self._engine.connect() as connection:
            return tuple(_acts(connection, number).get(number, ()))

    def of_volumes(self) -> dict[str, tuple[Carrier, ...]]:
        """Give for each volume the carriers in use whose last read test of it was good.

        A volume that was given up (nobody can open it any more) is none of them.
        """
        query = select(volume_act.c.volume).where(volume_act.c.kind == "lost")
        with self._engine.connect() as connection:
            carriers = _all(connection)
            given_up = frozenset(connection.execute(query).scalars())
        found: dict[str, tuple[Carrier, ...]] = {}
        for one in carriers:
            for held in one.holdings.values():
                if one.in_use and held.good and held.volume not in given_up:
                    found[held.volume] = (*found.get(held.volume, ()), one)
        return found

    def volumes_elsewhere(self) -> frozenset[str]:
        """Give the volumes that ``of_volumes`` names."""
        return frozenset(self.of_volumes())

    def add(
        self,
        number: str,
        kind: CarrierKind,
        place: str,
        by: str,
        *,
        capacity: int | None = None,
        quality: str = "",
    ) -> bool:
        """Enter a carrier (``capacity`` in bytes); False when it stands so already.

        Raises UserError when its number was given to another one.
        """
        now = datetime.now(UTC)
        with self._engine.begin() as connection:
            if connection.execute(select(carrier).where(carrier.c.number == number)).first():
                known = _one(connection, number)
                if known.in_use and (known.kind, known.place) == (kind, place):
                    return False
                raise UserError(
                    say(
                        "The number {number} was given to a carrier already; no number is given twice.",
                        number=number,
                    )
                )
            values = {"number": number, "kind": kind, "capacity": capacity, "quality": quality}
            connection.execute(insert(carrier).values(**values, entered_at=now, entered_by=by))
            _enter(connection, number, CarrierAct(CarrierActKind.PLACED, None, by, now, place))
        return True

    def move(self, number: str, place: str, by: str) -> bool:
        """Enter that a carrier lies elsewhere now; False when it lies there already.

        Raises UserError when it is none in use.
        """
        with self._engine.begin() as connection:
            if _in_use(connection, number).place == place:
                return False
            act = CarrierAct(CarrierActKind.MOVED, None, by, datetime.now(UTC), place)
            _enter(connection, number, act)
        return True

    def withdraw(self, number: str, reason: str, by: str, on_shelf: Collection[str]) -> None:
        """Enter that a carrier's copies count no more.

        Raises UserError when it is none in use, or holds the only proven copy of a volume that is not among
        those ``on_shelf`` (CG-17.3e).
        """
        with self._engine.begin() as connection:
            good = {
                held.volume for held in _in_use(connection, number).holdings.values() if held.good
            }
            others = _proven(one for one in _all(connection) if one.number != number)
            if only := sorted(good - others - set(on_shelf)):
                raise UserError(
                    say(
                        "The carrier {number} holds the only proven copy of {volumes}; copy it to another "
                        "carrier and have it read back there (“paperproof cold refresh”) first.",
                        number=number,
                        volumes=", ".join(only),
                    )
                )
            act = CarrierAct(CarrierActKind.WITHDRAWN, None, by, datetime.now(UTC), reason)
            _enter(connection, number, act)

    def written(self, name: str, number: str, by: str) -> bool:
        """Enter that a volume was copied to a carrier; False when that stands and no read test failed since.

        Raises UserError for a volume or carrier that is not registered.
        """
        with self._engine.begin() as connection:
            known = connection.execute(select(volume.c.name).where(volume.c.name == name)).first()
            if known is None:
                raise UserError(
                    say("The register has no volume {name}; see “paperproof cold list”.", name=name)
                )
            held = _in_use(connection, number).holdings.get(name)
            if held and (held.good or held.tested_at is None):
                return False
            act = CarrierAct(CarrierActKind.WRITTEN, name, by, datetime.now(UTC), "")
            _enter(connection, number, act)
        return True

    def tested(self, name: str, number: str, faults: Sequence[str], by: str) -> None:
        """Enter how a read test of a volume on a carrier came out.

        Raises UserError unless the carrier is in use and the volume was entered as written on it.
        """
        kind = CarrierActKind.BAD if faults else CarrierActKind.GOOD
        with self._engine.begin() as connection:
            if name not in _in_use(connection, number).holdings:
                raise UserError(
                    say(
                        "It is not entered that {name} was written on the carrier {number}; enter it with "
                        "“paperproof cold written {name} {number}” first.",
                        name=name,
                        number=number,
                    )
                )
            detail = "; ".join(faults[:_SHOWN_FAULTS])
            _enter(connection, number, CarrierAct(kind, name, by, datetime.now(UTC), detail))


def _proven(carriers: Iterable[Carrier]) -> frozenset[str]:
    used = (one for one in carriers if one.in_use)
    return frozenset(held.volume for one in used for held in one.holdings.values() if held.good)


def _all(connection: Connection) -> tuple[Carrier, ...]:
    acts = _acts(connection)
    rows = connection.execute(select(carrier).order_by(carrier.c.number))
    return tuple(_carrier(row).after(acts.get(row.number, ())) for row in rows)


def _one(connection: Connection, number: str) -> Carrier:
    row = connection.execute(select(carrier).where(carrier.c.number == number)).first()
    if row is None:
        raise UserError(
            say(
                "There is no carrier {number}; see “paperproof cold carrier list”, or enter it with "
                "“paperproof cold carrier add”.",
                number=number,
            )
        )
    return _carrier(row).after(_acts(connection, number).get(number, ()))


def _in_use(connection: Connection, number: str) -> Carrier:
    one = _one(connection, number)
    if not one.in_use:
        raise UserError(
            say(
                "The carrier {number} was withdrawn ({why}); use another one.",
                number=number,
                why=one.withdrawn,
            )
        )
    return one


def _carrier(row: Any) -> Carrier:
    return Carrier(row.number, CarrierKind(row.kind), row.capacity, row.quality, row.entered_at)


def _acts(connection: Connection, number: str | None = None) -> dict[str, list[CarrierAct]]:
    query = select(carrier_act).order_by(carrier_act.c.id)
    if number is not None:
        query = query.where(carrier_act.c.carrier == number)
    found: dict[str, list[CarrierAct]] = {}
    for row in connection.execute(query):
        act = CarrierAct(CarrierActKind(row.kind), row.volume, row.who, row.at, row.detail)
        found.setdefault(row.carrier, []).append(act)
    return found


def _enter(connection: Connection, number: str, act: CarrierAct) -> None:
    connection.execute(insert(carrier_act).values(carrier=number, **vars(act)))
    append(connection, act.who, f"carrier.{act.kind}", number, volume=act.volume, detail=act.detail)
