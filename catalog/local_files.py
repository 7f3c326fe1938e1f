"""What became of a file that a station still has: by its digest, whatever it is called there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Engine, select

from catalog.log import append
from catalog.tables import (
    batch,
    delivery,
    destruction_item,
    digital_file,
    digital_package,
    page,
    stored_object,
)
from catalog.tombstones import destroyed_sha256s

_REFUSED = "refused"


@dataclass(frozen=True)
class KnownFile:
    """A file as the catalog knows it."""

    entered: bool
    """Whether it, or a page cut from it, was admitted at the branch."""
    refused: bool
    """Whether it was refused there, and not admitted otherwise."""
    pages: frozenset[str]
    """SHA-256 of the pages cut from it that were admitted there; empty where it is a page itself."""
    objects: tuple[tuple[str, str, int], ...]
    """Key, SHA-256 and bytes of everything that the archive has of it."""
    destroyed: bool
    """Whether some of it was destroyed under an order."""


class LocalFiles:
    """Looks files up, and enters that local copies were removed."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def of(self, branch: str, sha256: str) -> KnownFile:
        """Give what a branch's archive has of a file."""
        with self._engine.connect() as connection:
            whole = connection.execute(
                _OF_BYTES.where(delivery.c.sha256 == sha256, batch.c.branch == branch)
            ).all()
            cut = connection.execute(
                _CUT.where(page.c.container_sha256 == sha256, batch.c.branch == branch)
            ).all()
            digital = connection.execute(
                select(digital_file.c.sha256)
                .join(digital_package, digital_package.c.id == digital_file.c.package_id)
                .where(digital_file.c.sha256 == sha256, digital_package.c.branch == branch)
            ).all()
            kept = [row for row in (*whole, *cut) if row.state != _REFUSED]
            digests = {sha256, *(row.sha256 for row in cut)}
            known = select(stored_object.c.key, stored_object.c.sha256, stored_object.c.byte_count)
            masters = known.where(stored_object.c.sha256.in_(sorted(digests)))
            objects = tuple(
                (row.key, row.sha256, row.byte_count) for row in connection.execute(masters)
            )
            gone = destroyed_sha256s().where(destruction_item.c.sha256.in_(sorted(digests)))
            is_gone = connection.execute(gone).first() is not None
        entered = bool(kept or digital)
        pages = frozenset(row.sha256 for row in kept) - {sha256}
        return KnownFile(entered, bool(whole) and not entered, pages, objects, is_gone)

    def purged(self, who: str, branch: str, station: str, digests: Sequence[str]) -> None:
        """Enter that a station's copies of archived files are removed."""
        with self._engine.begin() as connection:
            append(
                connection, who, "station.purge", station, branch=branch, files=len(digests),
                digests=list(digests),
            )  # fmt: skip


_DELIVERED = select(delivery.c.sha256, delivery.c.state)
_OF_BYTES = _DELIVERED.join(batch, batch.c.id == delivery.c.batch_id)
_CUT = _OF_BYTES.join(page, page.c.sha256 == delivery.c.sha256)
