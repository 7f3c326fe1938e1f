"""A day whose catalog is lost: the stores that have its objects, and an empty catalog."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog.catalog import Catalog
from flows.admit_page import Intake
from flows.bundling import keep_changes
from flows.close_day import Closing, close_branch
from flows.parts import Parts
from flows.rebuild import Shelves, rebuild
from flows.stores import Stores
from flows.take_in import take_in
from pipeline.model import Batch
from pipeline.staff import Role
from storage.folder import FolderStore
from tests.databases import Databases

from .captured_day import book, read
from .conftest import DAY, Silent, booked


@pytest.fixture
def day(
    parts: Parts, intake: Intake, closing: Closing, scans: Path, batch: Batch, stores: Stores
) -> Parts:
    """A closed day with everything that people do, bundled as it went."""
    rows = (booked(1), booked(2), booked(3))
    book(parts, *rows)
    take_in(intake, scans, batch, Silent())
    keep_changes(parts.catalog.bundles, stores.vault)
    for name, row in zip(("0001.jpg", "0002.jpg"), rows, strict=False):
        read(parts, name, row)
    parts.catalog.staff.add("周总", Role.HEADQUARTERS, None, "周总")
    close_branch(closing, DAY, "3301", Silent())
    keep_changes(parts.catalog.bundles, stores.vault)
    return parts


@pytest.fixture
def empty(databases: Databases) -> Iterator[Catalog]:
    made = Catalog.create_empty(databases.new())
    yield made
    made.close()


def shelves(stores: Stores) -> dict[str, Shelves]:
    primary, replica = stores.vault.primary, stores.vault.replica
    return {"primary": (primary,), "replica": (replica,), "both": (primary, replica)}


def files(store: object, kind: str) -> list[Path]:
    """The files of a folder store's objects of one kind."""
    assert isinstance(store, FolderStore)
    return sorted(path for path in (store._root / kind).rglob("*") if path.is_file())


def rebuild_is_whole_from_both(stores: Stores) -> bool:
    """Whether the replica makes up for what the primary lost."""
    place = files(stores.vault.replica, "catalog")[0].parents[3] / "whole.sqlite"
    place.unlink(missing_ok=True)
    catalog = Catalog.create_empty(f"sqlite:///{place}")
    found = rebuild(shelves(stores)["both"], catalog, Silent())
    catalog.close()
    return found.complete


def number_of(path: Path) -> int:
    return int(json.loads(path.read_bytes().split(b"\n")[0])["bundle"])
