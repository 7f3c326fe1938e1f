"""A day in both stores and in a volume: what harms a copy, and what verifying says of it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path, PurePosixPath

import pytest
from sqlalchemy import select, update

from catalog.copies import Copy, KeptObject
from catalog.tables import copy_event, object_copy
from flows.admit_page import Intake
from flows.copy_faults import Fault
from flows.parts import Parts
from flows.register import BatchedRegister
from flows.stores import Stores
from flows.take_in import take_in
from flows.verified import Verified
from flows.verify import Verifier
from pipeline.copies import CopyState, Depth, Place
from pipeline.model import Batch
from storage.bags import Packed
from storage.store import digest, object_key
from tests.flows.conftest import Silent

TODAY = date(2026, 11, 20)
COLD_FILE = PurePosixPath("pages/0001.jpg")


@pytest.fixture
def day(
    intake: Intake, register: BatchedRegister, scans: Path, batch: Batch, progress: Silent
) -> Parts:
    """A batch taken in, with its page of the first voucher in a cold copy too."""
    take_in(intake, scans, batch, progress)
    page = (scans / "0001.jpg").read_bytes()
    sha256 = digest(page)
    packed = Packed(object_key(sha256), COLD_FILE, sha256, len(page))
    intake.stores.cold.make("PP-000001", [(packed, page)], lambda _: {}, {})
    cold = Copy(Place.COLD, CopyState.INTACT, "PP-000001")
    intake.parts.catalog.copies.enter([KeptObject(object_key(sha256), sha256, len(page), (cold,))])
    return intake.parts


def file(parts: Parts, place: Place, page: Path) -> Path:
    if place is Place.COLD:
        return parts.workspace.folder / "cold" / "PP-000001" / "data" / COLD_FILE
    folder = {Place.PRIMARY: "p", Place.REPLICA: "r"}[place]
    return parts.workspace.folder / folder / object_key(digest(page.read_bytes()))


def flip(path: Path) -> None:
    content = path.read_bytes()
    path.chmod(0o600)  # a volume is closed
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 4]))


def verified(parts: Parts, stores: Stores, faults: list[Fault] | None = None) -> Verified:
    told = faults if faults is not None else []
    verifier = Verifier(parts, stores, Silent(), told.append)
    return verifier.verify(parts.catalog.verifications.all_keys(), Depth.BYTES, "all")


def events(parts: Parts) -> list[tuple[str, str]]:
    with parts.catalog._engine.connect() as connection:
        rows = connection.execute(select(copy_event).order_by(copy_event.c.id))
        return [(row.place, row.what) for row in rows]


def age(parts: Parts, key: str, days: float) -> None:
    moment = datetime.now(UTC) - timedelta(days=days)
    with parts.catalog._engine.begin() as connection:
        connection.execute(
            update(object_copy).where(object_copy.c.key == key).values(verified_at=moment)
        )
