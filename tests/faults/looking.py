"""Whether a world keeps its promise: everything held against what the scanner made."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from catalog import log
from flows.parts import Parts
from flows.stores import Stores
from pipeline.balance import CatalogedPage
from pipeline.errors import StoreError
from storage.selftest import PROBES
from storage.store import NoteKind, Store, digest, object_key
from storage.vault import Vault
from storage.volumes import ColdShelf
from tests.faults.world import BATCH, DAY, World, Wrap, as_it_is, split
from tests.kept import notes


@dataclass
class Broken:
    """How a world broke its promise; all zero and empty: it did not."""

    lost: int = 0
    doubled: int = 0
    altered: int = 0
    unlisted: int = 0
    """Pages neither archived nor refused with a reason; objects nobody knows; acts off the record."""
    told: str = ""

    def fail(self, what: str, told: str) -> None:
        setattr(self, what, getattr(self, what) + 1)
        self.told = self.told or f"{what}: {told}"

    @property
    def kept(self) -> bool:
        return not self.told


def look(world: World, wrap: Wrap = as_it_is) -> Broken:
    """Hold everything against what was delivered."""
    broken = Broken()
    wanted = {
        page: content
        for name, delivered_file in world.files().items()
        for page, content in split(name, delivered_file)
    }
    with world.open(wrap=wrap) as (parts, stores):
        rows = parts.catalog.pages.of_day(DAY, BATCH.branch)
        _look_at_rows(broken, [row.name for row in rows], wanted)
        for row in rows:
            look_at_page(world, broken, parts, stores, row, wanted.get(row.name, b""))
        admitted = [row.delivery_id for row in rows if row.state != "refused"]
        _look_at_receipts(broken, stores.vault, admitted)
        look_at_log(broken, parts, [row.delivery_id for row in rows])
        entered = set(parts.catalog.verifications.all_keys())
        for place, store in stores.healable.items():
            listed = {key for key in store.iter_keys("") if not key.startswith(PROBES)}
            for key in listed ^ (entered - parts.catalog.removals.at(place)):
                broken.fail("unlisted", f"{key} in {store.describe()}")
        if parts.catalog.debts.count():
            broken.fail("unlisted", "debts are left")
    _look_at_sources(world, broken)
    return broken


def _look_at_rows(broken: Broken, rows: list[str], wanted: dict[str, bytes]) -> None:
    names = Counter(rows)
    for name in wanted.keys() - names.keys():
        broken.fail("unlisted", f"{name} has no row")
    for name, count in names.items():
        if count > 1 or name not in wanted:
            broken.fail("doubled", f"{name} has {count} rows")


def look_at_page(
    world: World, broken: Broken, parts: Parts, stores: Stores, row: CatalogedPage, content: bytes
) -> None:
    if row.state == "refused":
        place = str(parts.catalog.pages.quarantined(row.delivery_id))
        _compare(broken, row.name, content, world.workspace.quarantine / place)
        return
    key = object_key(digest(content))
    removed = parts.catalog.removals.places([key]).get(key, frozenset())
    for place, store in stores.healable.items():
        if place not in removed:
            _compare_copy(broken, f"{row.name} in the {place}", content, store)
    destroyed = parts.catalog.destructions.destroyed([key])
    if removed and not destroyed and not stores.cold.volumes():
        broken.fail("lost", f"{row.name} has no copy beside the one that was to stay")
    if stores.cold.volumes():
        _compare_copy(broken, f"{row.name} in the volumes", content, stores.cold)


def _look_at_receipts(broken: Broken, vault: Vault, admitted: list[str]) -> None:
    receipts = Counter(json.loads(one)["delivery"] for one in notes(vault, NoteKind.RECEIPT))
    for one in receipts - Counter(admitted):
        broken.fail("doubled", f"receipt of {one}")
    for one in Counter(admitted) - receipts:
        broken.fail("lost", f"receipt of {one}")


def look_at_log(broken: Broken, parts: Parts, deliveries: list[str]) -> None:
    """Each page's entering is on the record once, and the chain is whole (rule R5)."""
    if parts.catalog.first_broken_log_entry() is not None:
        broken.fail("altered", "the log's chain is broken")
    with parts.catalog._engine.connect() as connection:
        acts = Counter(one.body.get("delivery") for one in log.entries(connection))
    for one in deliveries:
        if acts[one] != 1:
            broken.fail("unlisted", f"{acts[one]} entries of {one} in the log")


def _look_at_sources(world: World, broken: Broken) -> None:
    """A folder is left as it is, an inbox is empty in the end."""
    for name, content in world.files().items():
        source = world.scans / name
        if not world.moving:
            _compare(broken, f"source {name}", content, source)
        elif source.exists():
            broken.fail("doubled", f"{name} is still in the inbox")


def _compare_copy(broken: Broken, name: str, content: bytes, store: Store | ColdShelf) -> None:
    try:
        if store.read(object_key(digest(content))) != content:
            broken.fail("altered", name)
    except StoreError:
        broken.fail("lost", name)


def _compare(broken: Broken, name: str, content: bytes, path: Path) -> None:
    if not path.is_file():
        broken.fail("lost", name)
    elif path.read_bytes() != content:
        broken.fail("altered", name)


def look_at_death(world: World) -> Broken:
    """What must hold at any moment, also just after a kill: nothing is promised that is not kept.

    Every page with a row is whole in both stores, or owed, or in quarantine; the act is on record; and what
    has left the inbox has its rows.
    """
    broken = Broken()
    wanted = {
        page: (name, content)
        for name, file in world.files().items()
        for page, content in split(name, file)
    }
    with world.open() as (parts, stores):
        rows = parts.catalog.pages.of_day(DAY, BATCH.branch)
        owed = {debt.key for debt in parts.catalog.debts.all()}
        for row in rows:
            _, content = wanted.get(row.name, ("", b""))
            if object_key(digest(content)) in owed:
                _compare_copy(broken, row.name, content, stores.vault.primary)
            else:
                look_at_page(world, broken, parts, stores, row, content)
        look_at_log(broken, parts, [row.delivery_id for row in rows])
    entered = {row.name for row in rows}
    for page, (name, _) in wanted.items():
        if page not in entered and not (world.scans / name).exists():
            broken.fail("lost", f"{name} has left the inbox, and {page} has no row")
    return broken
