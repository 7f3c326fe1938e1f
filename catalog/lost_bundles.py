"""Bundles that no store has any more: what they held goes into the next ones, from the catalog that lives.

A bundle's bytes cannot be made again, for rows are bundled as they are at that moment. But each row that the
other bundles do not give as it is now can be bundled once more; then nothing is missing but the number.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from itertools import groupby, islice

from sqlalchemy import Engine, select

from catalog.compare import Difference
from catalog.log import append
from catalog.outbox import change_again
from catalog.tables import catalog_bundle, log, metadata

_ACT = "bundle.remake"
_KEYS = 300


class LostBundles:
    """Has rows bundled once more, and knows the numbers of the bundles that are made up for by that."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def numbers(self, sha256s: Iterable[str]) -> dict[int, str]:
        """Give the bundles with these names that were entered: number -> SHA-256."""
        wanted = catalog_bundle.c.sha256.in_(list(sha256s))
        query = select(catalog_bundle.c.no, catalog_bundle.c.sha256).where(wanted)
        with self._engine.connect() as connection:
            return {row.no: row.sha256 for row in connection.execute(query.order_by("no"))}

    def remake(self, lost: Mapping[int, str], differing: Iterable[Difference], who: str) -> int:
        """Have the rows that differ bundled next, and enter in the log for which bundles; return how many.

        The entries are the last change, so whoever has them has all the rows (``made_up``).
        """
        count = 0
        with self._engine.begin() as connection:
            for name, ones in groupby(differing, key=lambda one: one.table):
                while some := list(islice(ones, _KEYS)):
                    change_again(connection, metadata.tables[name], [one.key for one in some])
                    count += len(some)
            for no, sha256 in lost.items():
                append(connection, who, _ACT, sha256, number=no, rows=count)
        return count

    def made_up(self) -> frozenset[int]:
        """Give the numbers of lost bundles of which later ones hold all rows."""
        query = select(log.c.body).where(log.c.body.contains(_ACT, autoescape=True))
        with self._engine.connect() as connection:
            bodies = [json.loads(body) for body in connection.execute(query).scalars()]
        return frozenset(int(one["number"]) for one in bodies if one["act"] == _ACT)
