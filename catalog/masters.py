"""The scans themselves, to make copies of; they are never altered."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine, select

from catalog.log import append
from catalog.tables import page, reading
from catalog.within import begins
from pipeline.content import Content
from pipeline.measured import ScanParameters
from pipeline.model import Reading

_PARAMETERS = Content(ScanParameters)
_READING = Content(Reading)


@dataclass(frozen=True)
class Master:
    """A page as it was scanned, with what is known of how it lies."""

    sha256: str
    parameters: ScanParameters
    reading: Reading | None


class Masters:
    """Finds stored pages by their SHA-256, and enters what was made of them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def beginning_with(self, beginning: str) -> tuple[Master, ...]:
        """Give the stored pages whose SHA-256 begins so."""
        query = (
            select(page.c.sha256, page.c.parameters, reading.c.content)
            .outerjoin(reading, reading.c.sha256 == page.c.sha256)
            .where(begins(page.c.sha256, beginning))
            .order_by(page.c.sha256)
        )
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        return tuple(
            Master(
                row.sha256,
                _PARAMETERS.load(row.parameters),
                _READING.load(row.content) if row.content else None,
            )
            for row in rows
        )

    def note_derived(self, sha256: str, turned_degrees: float, who: str) -> None:
        """Enter that an upright copy of a page was made."""
        with self._engine.begin() as connection:
            append(
                connection, who, "page.derive", sha256, turned_back_degrees=round(turned_degrees, 2)
            )
